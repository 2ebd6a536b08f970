import { setTimeout } from 'node:timers/promises';
import { type OutgoingRecord, type PublishOutcome, partsOf } from '../../shared/kafka/publisher/outgoing-record.ts';
import { createHeldPlaces } from './held-places.ts';
import type { RecordState } from './segment-format.ts';
import type { SetAside } from './set-aside.ts';
import type { SpoolObserver } from './spool-observer.ts';
import type { SpooledRecord, SpoolStore } from './spool-store.ts';

export type DrainBatchOptions = Readonly<{
  store: Pick<SpoolStore, 'pending' | 'mark' | 'removeDone'>;
  /** How many records wait for each place. */
  waiting: ReadonlyMap<string, number>;
  /** A record of this place no longer waits. */
  onSettled: (place: string) => void;
  /** Sends records to Kafka in order; the outcomes are in the same order. */
  publishAll: (records: readonly OutgoingRecord[]) => Promise<readonly PublishOutcome[]>;
  /** Whether records may be sent to this topic now. If not, none is read from disk. */
  mayPublish: (topic: string) => boolean;
  /** Whether records of this place wait in a spool that must be drained first. */
  waitsElsewhere: (place: string) => boolean;
  /** Unix milliseconds of a clock that never jumps while the process lives. */
  now: () => number;
  observer: SpoolObserver;
}>;

/** A record as read from disk; `wasSent`: an earlier attempt may have written it to the log. */
type ReadRecord = Readonly<{ spooled: SpooledRecord; record: OutgoingRecord; wasSent: boolean }>;

const BATCH_RECORDS = 500;
const BATCH_BYTES = 4 * 1024 * 1024;
export const RETRY_MS = 250;
/** A stalled disk must not keep records that were read from it from being sent. */
const MARK_TIMEOUT_MS = 2_000;
/** A disk error or a refusal by Kafka rarely passes by itself. */
const REFUSED_RETRY_MS = 1_000;

/** Sends the next batch, then records the outcomes on disk. Resolves to whether any record was settled. */
export function createDrainBatch(options: DrainBatchOptions, setAside: SetAside): () => Promise<boolean> {
  const { store, waiting, onSettled, publishAll, mayPublish, waitsElsewhere, now, observer } = options;
  const held = createHeldPlaces(now);
  const maySend = (place: string): boolean =>
    !held.isHeld(place) && mayPublish(partsOf(place).topic) && !waitsElsewhere(place);

  const nextBatch = (): readonly SpooledRecord[] => {
    const places = new Set([...waiting.keys()].filter(maySend));
    return places.size === 0 ? [] : firstOf(store.pending(places));
  };
  const onReadFailed = (place: string, error: unknown): void => {
    held.hold(place, REFUSED_RETRY_MS);
    observer.failed('read', error);
  };
  /** Never rejects: the state in memory is set even if the disk fails, so nothing is done twice. */
  const mark = async (batch: readonly ReadRecord[], state: RecordState): Promise<void> => {
    if (batch.length === 0) return;
    const records = batch.map(({ spooled }) => spooled);
    const written = store.mark(records, state).catch((error: unknown) => observer.failed('mark', error));
    await Promise.race([written, setTimeout(MARK_TIMEOUT_MS, undefined, { ref: false })]);
  };
  const settle = async (batch: readonly ReadRecord[], outcomes: readonly PublishOutcome[]): Promise<boolean> => {
    const having = (...wanted: readonly (PublishOutcome | undefined)[]) =>
      batch.filter((_, index) => wanted.includes(outcomes[index]));
    const done = having('durable');
    const tooLarge = having('too-large');
    const notAccepted = having('unavailable', 'overloaded', 'refused');
    // Records whose outcome is unknown, now or earlier, may be in the log: they stay `sending`.
    const notSent = notAccepted.filter(({ wasSent }) => !wasSent);
    await mark(done, 'done');
    await mark(tooLarge, 'aside');
    await mark(notSent, 'waiting');
    for (const { spooled } of [...notAccepted, ...having('unknown')]) held.hold(spooled.entry.place, RETRY_MS);
    for (const { spooled } of having('refused')) held.hold(spooled.entry.place, REFUSED_RETRY_MS);
    for (const { spooled } of tooLarge) setAside.add(spooled);
    for (const { spooled } of [...done, ...tooLarge]) onSettled(spooled.entry.place);
    return done.length + tooLarge.length > 0;
  };

  return async () => {
    const batch = await readAll(nextBatch(), onReadFailed);
    if (batch.length === 0) return false;
    await mark(batch, 'sending');
    const resent = batch.filter(({ wasSent }) => wasSent).length;
    if (resent > 0) observer.resent(resent);
    const progressed = await settle(batch, await publishAll(batch.map(({ record }) => record)));
    if (progressed) await store.removeDone().catch((error: unknown) => observer.failed('remove', error));
    return progressed;
  };
}

/** As many records as a batch holds. */
function firstOf(pending: Iterable<SpooledRecord>): readonly SpooledRecord[] {
  const batch: SpooledRecord[] = [];
  let bytes = 0;
  for (const spooled of pending) {
    bytes += spooled.entry.bytes;
    if (batch.length === BATCH_RECORDS || (batch.length > 0 && bytes > BATCH_BYTES)) break;
    batch.push(spooled);
  }
  return batch;
}

/** Skips a record that cannot be read, and everything behind it of the same place, so that the place keeps its order. */
async function readAll(
  batch: readonly SpooledRecord[],
  onFailed: (place: string, error: unknown) => void,
): Promise<readonly ReadRecord[]> {
  const read: ReadRecord[] = [];
  const skipped = new Set<string>();
  for (const spooled of batch) {
    const { segment, entry } = spooled;
    if (skipped.has(entry.place)) continue;
    try {
      const wasSent = segment.stateOf(entry.index) === 'sending';
      read.push({ spooled, record: await segment.read(entry), wasSent });
    } catch (error) {
      skipped.add(entry.place);
      onFailed(entry.place, error);
    }
  }
  return read;
}
