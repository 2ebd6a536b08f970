import type { Opened } from './projection.ts';
import type { Positions, SourceRecord, TargetRecord } from './records.ts';

/** Some records of one input topic, in order. */
export type SourceBatch = Readonly<{
  topic: string;
  /** The offset the fetch asked for: between it and the last record nothing was left out that counts. */
  fromOffset: number;
  /** The offset after the last record. */
  nextOffset: number;
  records: readonly SourceRecord[];
}>;

/** `gap`: the batch begins after the task's position, so it belongs to another time; fetch from the position again. */
export type Taken = 'taken' | 'gap' | 'ended';

export type TaskOptions = Readonly<{
  opened: Opened;
  /**
   * Commits these records in one transaction. Rejects when they are not committed, or when nobody knows: either way
   * the task is lost then. Called again only after it settled.
   */
  commit: (records: readonly TargetRecord[]) => Promise<void>;
  limits: Readonly<{
    /** How long folded records may wait for their commit, in milliseconds. */
    intervalMs: number;
    /** How many may wait. */
    records: number;
  }>;
  /** Calls back after so many milliseconds; returns how to call it off. */
  after: (ms: number, call: () => void) => () => void;
  observer: TaskObserver;
}>;

export type TaskObserver = Readonly<{
  /** A transaction with this many folded records is committed, up to these positions. */
  committed: (records: number, positions: Positions) => void;
}>;

/** One partition of the inputs, read in order, committed in chained transactions. */
export type Task = Readonly<{
  /** How far it has folded. */
  positions: () => Positions;
  /** Up to where all that was folded is committed. */
  committed: () => Positions;
  /** Whether all that was folded is committed. */
  settled: () => boolean;
  /**
   * Folds a batch that continues at the position; what lies before the position is left out. A fold that throws has lost the task: what it remembered of the
   * record before it threw must not outlive it.
   */
  take: (batch: SourceBatch) => Taken;
  /** Moves over offsets that hold no record that counts, such as transaction markers. */
  skip: (topic: string, fromOffset: number, nextOffset: number) => void;
  /** The inputs' partitions end at `ends` now. */
  saw: (ends: Positions) => void;
  /** Resolves when the task may take more: at once while less than the limits waits. Never rejects. */
  room: () => Promise<void>;
  /** Commits what was folded, then ends. Never rejects: see `lost`. */
  end: () => Promise<void>;
  /** Resolves with the reason when a commit failed or nobody knows, or the fold threw: the memory of the task is void. */
  lost: Promise<unknown>;
}>;

/** Bytes of values that may wait, whatever the limit of records is: dead letters are kept whole until they are committed. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/** Commits are chained, never two at once; while one is under way the next records are folded already. */
export function createTask({ opened, commit, limits, after, observer }: TaskOptions): Task {
  const { fold } = opened;
  const positions: Record<string, number> = { ...opened.positions };
  let committed: Positions = opened.positions;
  const { promise: lost, resolve: lose } = Promise.withResolvers<unknown>();
  let waiting = 0;
  let waitingBytes = 0;
  /** The fold has something to commit without a record. */
  let isDue = false;
  let ended = false;
  let committing: Promise<void> | null = null;
  let cancelTimer: (() => void) | null = null;

  const stop = (): void => {
    ended = true;
    cancelTimer?.();
    cancelTimer = null;
  };

  const loseBy = (error: unknown): void => {
    stop();
    lose(error);
  };

  const commitOnce = async (): Promise<void> => {
    const count = waiting;
    const upTo = { ...positions };
    waiting = 0;
    waitingBytes = 0;
    isDue = false;
    try {
      const transaction = fold.takeTransaction(upTo);
      await commit(transaction.records);
      transaction.committed();
      committed = upTo;
      observer.committed(count, upTo);
    } catch (error) {
      loseBy(error);
    }
  };

  const commitNow = (): Promise<void> => {
    cancelTimer?.();
    cancelTimer = null;
    committing ??= commitOnce().finally(() => {
      committing = null;
      if ((waiting > 0 || isDue) && !ended) schedule();
    });
    return committing;
  };

  const isFull = (): boolean => waiting >= limits.records || waitingBytes >= MAX_WAITING_BYTES;
  const schedule = (): void => {
    if (isFull()) void commitNow();
    else cancelTimer ??= after(limits.intervalMs, () => void commitNow());
  };

  const settled = (): boolean => waiting === 0 && !isDue && committing === null && !ended;

  return {
    positions: () => ({ ...positions }),
    // Offsets that hold no record for the fold are passed without a commit.
    committed: () => (settled() ? { ...positions } : committed),
    settled,
    take: ({ topic, fromOffset, nextOffset, records }) => {
      if (ended) return 'ended';
      const position = positions[topic];
      if (position === undefined || fromOffset > position) return 'gap';
      if (settled()) committed = { ...positions };
      try {
        for (const record of records) {
          if (record.offset < position) continue;
          fold.apply(record);
          waiting += 1;
          waitingBytes += record.value?.length ?? 0;
        }
      } catch (error) {
        loseBy(error);
        return 'ended';
      }
      positions[topic] = Math.max(position, nextOffset);
      if (waiting > 0) schedule();
      return 'taken';
    },
    skip: (topic, fromOffset, nextOffset) => {
      const position = positions[topic];
      if (position !== undefined && fromOffset <= position) positions[topic] = Math.max(position, nextOffset);
    },
    saw: (ends) => {
      if (ended) return;
      try {
        if (!fold.saw(ends, { ...positions })) return;
      } catch (error) {
        return loseBy(error);
      }
      isDue = true;
      schedule();
    },
    room: async () => {
      while (isFull() && !ended) await commitNow();
    },
    end: async () => {
      while (!ended && (waiting > 0 || isDue || committing !== null)) await commitNow();
      stop();
    },
    lost,
  };
}
