import { setTimeout } from 'node:timers/promises';
import { type OutgoingRecord, type PublishOutcome, partsOf } from '../kafka/publisher/outgoing-record.ts';
import type { SpoolObserver } from './spool-observer.ts';
import type { SpooledRecord, SpoolStore } from './spool-store.ts';

export type Drain = Readonly<{
  /** Goes on, if anything waits. */
  wake: () => void;
  /** When the oldest record on disk was stored, in Unix milliseconds; null where there is none. */
  oldestMs: () => number | null;
  /** How many records are set aside. */
  aside: () => number;
  /** Resolves once nothing is on disk; at once if so. */
  drained: () => Promise<void>;
  /** Resolves after the batch under way. */
  stop: () => Promise<void>;
}>;

export type DrainOptions = Readonly<{
  store: Pick<SpoolStore, 'pending' | 'oldestMs' | 'mark' | 'tidy'>;
  /** How many records wait for each place. */
  waiting: ReadonlyMap<string, number>;
  /** A record of this place waits no more. */
  settled: (place: string) => void;
  /** Gives records to Kafka, in their order; the outcomes are in the same order. */
  publishAll: (records: readonly OutgoingRecord[]) => Promise<readonly PublishOutcome[]>;
  /** Whether records may go to this topic now; while they may not, none is read from disk. */
  mayPublish: (topic: string) => boolean;
  /** Whether records of this place wait in a spool that comes first. */
  waitsElsewhere: (place: string) => boolean;
  /** Unix time in milliseconds, of a clock that never jumps while the process lives. */
  now: () => number;
  observer: SpoolObserver;
}>;

type Read = Readonly<{ spooled: SpooledRecord; record: OutgoingRecord; wasSent: boolean }>;

const BATCH_RECORDS = 500;
const BATCH_BYTES = 4 * 1024 * 1024;
const RETRY_MS = 250;
/** A disk that stands still does not keep what was read from it from being sent. */
const MARK_WITHIN_MS = 2_000;
/** A place that Kafka refuses needs a person. */
const REFUSED_RETRY_MS = 1_000;

/** Sends what is on disk, batch by batch. */
export function createDrain(options: DrainOptions): Drain {
  const { store, waiting, settled, publishAll, mayPublish, waitsElsewhere, now, observer } = options;
  const heldUntil = new Map<string, number>();
  let aside = 0;
  let oldestAsideMs = Number.POSITIVE_INFINITY;
  let stopping = false;
  let running: Promise<void> | null = null;
  let emptied = Promise.withResolvers<void>();

  const mayGo = (place: string): boolean =>
    now() >= (heldUntil.get(place) ?? 0) && mayPublish(partsOf(place).topic) && !waitsElsewhere(place);

  /** The oldest records of the places that may go, as many as a batch holds. */
  const nextBatch = (): readonly SpooledRecord[] => {
    const free = new Set([...waiting.keys()].filter(mayGo));
    const batch: SpooledRecord[] = [];
    if (free.size === 0) return batch;
    let bytes = 0;
    for (const spooled of store.pending(free)) {
      bytes += spooled.entry.bytes;
      if (batch.length === BATCH_RECORDS || (batch.length > 0 && bytes > BATCH_BYTES)) break;
      batch.push(spooled);
    }
    return batch;
  };
  const hold = (place: string, ms: number): void => {
    heldUntil.set(place, now() + ms);
  };
  /** A record that cannot be read now holds its place: what is behind it in the batch is not sent either. */
  const readAll = async (batch: readonly SpooledRecord[]): Promise<readonly Read[]> => {
    const read: Read[] = [];
    const stopped = new Set<string>();
    for (const spooled of batch) {
      const { segment, entry } = spooled;
      if (stopped.has(entry.place)) continue;
      try {
        const wasSent = segment.stateOf(entry.index) === 'sending';
        read.push({ spooled, record: await segment.read(entry), wasSent });
      } catch (error) {
        stopped.add(entry.place);
        hold(entry.place, REFUSED_RETRY_MS);
        observer.failed('read', error);
      }
    }
    return read;
  };
  /** What cannot be written down is remembered, so what was done is not done twice. */
  const mark = async (batch: readonly Read[], state: 'waiting' | 'sending' | 'done' | 'aside'): Promise<void> => {
    if (batch.length === 0) return;
    const written = store
      .mark(
        batch.map(({ spooled }) => spooled),
        state,
      )
      .catch((error: unknown) => observer.failed('mark', error));
    await Promise.race([written, setTimeout(MARK_WITHIN_MS, undefined, { ref: false })]);
  };

  const setAside = ({ spooled: { segment, entry } }: Read): void => {
    aside += 1;
    oldestAsideMs = Math.min(oldestAsideMs, segment.storedAtMs(entry.index));
    observer.setAside(entry.place, entry.bytes);
  };
  const conclude = async (batch: readonly Read[], outcomes: readonly PublishOutcome[]): Promise<boolean> => {
    const having = (...wanted: readonly (PublishOutcome | undefined)[]) =>
      batch.filter((_, index) => wanted.includes(outcomes[index]));
    const done = having('durable');
    const tooLarge = having('too-large');
    const notTaken = having('unavailable', 'overloaded', 'refused');
    await mark(done, 'done');
    await mark(tooLarge, 'aside');
    // What is `unknown`, now or before, may be in the log: it stays `sending`.
    await mark(
      notTaken.filter(({ wasSent }) => !wasSent),
      'waiting',
    );
    for (const { spooled } of [...notTaken, ...having('unknown')]) hold(spooled.entry.place, RETRY_MS);
    for (const { spooled } of having('refused')) hold(spooled.entry.place, REFUSED_RETRY_MS);
    for (const one of tooLarge) setAside(one);
    for (const { spooled } of [...done, ...tooLarge]) settled(spooled.entry.place);
    return done.length + tooLarge.length > 0;
  };
  const drainBatch = async (): Promise<boolean> => {
    const batch = await readAll(nextBatch());
    if (batch.length === 0) return false;
    await mark(batch, 'sending');
    const again = batch.filter(({ wasSent }) => wasSent).length;
    if (again > 0) observer.resent(again);
    const progressed = await conclude(batch, await publishAll(batch.map(({ record }) => record)));
    if (progressed) await store.tidy().catch((error: unknown) => observer.failed('remove', error));
    return progressed;
  };
  const run = async (): Promise<void> => {
    while (waiting.size > 0 && !stopping) {
      if (!(await drainBatch())) await setTimeout(RETRY_MS);
    }
    running = null;
    if (waiting.size + aside === 0) emptied.resolve();
  };

  return {
    wake: () => {
      if (waiting.size === 0 || stopping || running !== null) return;
      emptied = Promise.withResolvers<void>();
      running = run();
    },
    oldestMs: () => {
      const oldestMs = Math.min(store.oldestMs() ?? Number.POSITIVE_INFINITY, oldestAsideMs);
      return Number.isFinite(oldestMs) ? oldestMs : null;
    },
    aside: () => aside,
    drained: () => (waiting.size + aside === 0 ? Promise.resolve() : emptied.promise),
    stop: async () => {
      stopping = true;
      await running;
    },
  };
}
