import { createBacklog } from './backlog.ts';
import { type After, createCommitChain } from './commit-chain.ts';
import type { Opened } from './projection.ts';
import type { Positions, SourceRecord, TargetRecord } from './records.ts';

/** Records of one input topic, in offset order. */
export type SourceBatch = Readonly<{
  topic: string;
  /** The offset that was fetched from. Between it and the last record, only offsets without a record are missing. */
  fromOffset: number;
  /** The offset after the last record. */
  nextOffset: number;
  records: readonly SourceRecord[];
}>;

/** `gap`: the batch starts after the task's position, so it belongs to an earlier assignment; fetch again from the position. */
export type BatchOutcome = 'folded' | 'gap' | 'ended';

export type TaskOptions = Readonly<{
  opened: Opened;
  /**
   * Commits these records in one transaction. Rejects if they were not committed or the outcome is unknown: the task is
   * lost either way. Called again only after it has settled.
   */
  commit: (records: readonly TargetRecord[]) => Promise<void>;
  limits: Readonly<{
    /** How long folded records may wait for their commit, in milliseconds. */
    intervalMs: number;
    /** How many records may wait. */
    records: number;
  }>;
  after: After;
  observer: TaskObserver;
}>;

export type TaskObserver = Readonly<{
  /** A transaction with this many folded records was committed, up to these positions. */
  onCommit: (records: number, positions: Positions) => void;
}>;

/** One partition of the inputs, folded in order and committed in a chain of transactions. */
export type Task = Readonly<{
  /** The next offset to fold, by topic. */
  positions: () => Positions;
  /** The positions up to which everything folded has been committed. */
  committedPositions: () => Positions;
  /** Whether everything folded has been committed. */
  isSettled: () => boolean;
  /**
   * Folds a batch that continues at the position; records before the position are ignored. If the fold throws, the task
   * is lost: what it remembered of the record before it threw must not outlive it.
   */
  foldBatch: (batch: SourceBatch) => BatchOutcome;
  /** Moves the position past offsets without a record, such as transaction markers. */
  skip: (topic: string, fromOffset: number, nextOffset: number) => void;
  /** The partitions of the inputs now end at `ends`. */
  observeEnds: (ends: Positions) => void;
  /** Resolves once fewer records wait than the limits allow. Never rejects. */
  untilRoom: () => Promise<void>;
  /** Commits what was folded, then ends. Never rejects: see `lost`. */
  end: () => Promise<void>;
  /** Resolves with the reason if a commit failed or its outcome is unknown, or the fold threw: the task's memory is void. */
  lost: Promise<unknown>;
}>;

export function createTask({ opened, commit, limits, after, observer }: TaskOptions): Task {
  const { fold } = opened;
  const positions: Record<string, number> = { ...opened.positions };
  let committed: Positions = opened.positions;
  const { promise: lost, resolve: resolveLost } = Promise.withResolvers<unknown>();
  const backlog = createBacklog(limits.records);

  const lose = (error: unknown): void => {
    chain.stop();
    resolveLost(error);
  };
  const commitBacklog = async (): Promise<void> => {
    const upTo = { ...positions };
    const count = backlog.takeAll();
    try {
      const transaction = fold.takeTransaction(upTo);
      await commit(transaction.records);
      transaction.markCommitted();
      committed = upTo;
      observer.onCommit(count, upTo);
    } catch (error) {
      lose(error);
    }
  };
  const chain = createCommitChain({ backlog, commit: commitBacklog, intervalMs: limits.intervalMs, after });
  const isSettled = (): boolean => backlog.isEmpty() && !chain.isCommitting() && !chain.isStopped();

  return {
    positions: () => ({ ...positions }),
    // Offsets without a record for the fold need no commit.
    committedPositions: () => (isSettled() ? { ...positions } : committed),
    isSettled,
    foldBatch: ({ topic, fromOffset, nextOffset, records }) => {
      if (chain.isStopped()) return 'ended';
      const position = positions[topic];
      if (position === undefined || fromOffset > position) return 'gap';
      if (isSettled()) committed = { ...positions };
      try {
        for (const record of records) {
          if (record.offset < position) continue;
          fold.apply(record);
          backlog.add(record);
        }
      } catch (error) {
        lose(error);
        return 'ended';
      }
      positions[topic] = Math.max(position, nextOffset);
      if (backlog.hasRecords()) chain.schedule();
      return 'folded';
    },
    skip: (topic, fromOffset, nextOffset) => {
      const position = positions[topic];
      if (position !== undefined && fromOffset <= position) positions[topic] = Math.max(position, nextOffset);
    },
    observeEnds: (ends) => {
      if (chain.isStopped()) return;
      try {
        if (!fold.observeEnds(ends, { ...positions })) return;
      } catch (error) {
        return lose(error);
      }
      backlog.markDue();
      chain.schedule();
    },
    untilRoom: async () => {
      while (backlog.isFull() && !chain.isStopped()) await chain.commitNow();
    },
    end: async () => {
      while (!chain.isStopped() && (!backlog.isEmpty() || chain.isCommitting())) await chain.commitNow();
      chain.stop();
    },
    lost,
  };
}
