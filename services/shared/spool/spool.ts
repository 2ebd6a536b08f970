import { type OutgoingRecord, type PublishOutcome, sizeOf } from '../kafka/publisher/outgoing-record.ts';
import { openSpoolStore, type SpooledRecord, type SpoolStore } from './spool-store.ts';

/** What became of a record given to the spool. `full` and `failed` (the disk said no): it is not there. */
export type SpoolOutcome = 'stored' | 'full' | 'failed';

export type SpoolOptions = Readonly<{
  directory: string;
  /** The most bytes of records it holds. */
  maxBytes: number;
  publish: (record: OutgoingRecord) => Promise<PublishOutcome>;
  /** Whether Kafka takes records now; while it does not, nothing is read from disk. */
  kafkaIsUp: () => boolean;
  now: () => number;
  /** Called for what should be logged: the disk failed, or the broker will never take a record. */
  onProblem: (event: 'spool-write-failed' | 'spool-record-refused', error: unknown) => void;
}>;

/** A durable queue on local disk in front of Kafka, for when Kafka is away. */
export type Spool = Readonly<{
  /** Resolves after the disk has the record (fsync; records that arrive together share one). Order is the order of calls. */
  append: (record: OutgoingRecord) => Promise<SpoolOutcome>;
  /** Whether records of this partition wait: then a new one has to queue behind them. */
  holds: (partition: number) => boolean;
  /** Whether another record fits. */
  hasRoom: () => boolean;
  /** Records and bytes that wait, and the age of the oldest in milliseconds (null: none waits). */
  state: () => Readonly<{ records: number; bytes: number; oldestAgeMs: number | null }>;
  /** Resolves once nothing waits; at once if so. */
  drained: () => Promise<void>;
  /** Ends the draining after the batch under way, then closes the store. What waits is there at the next start. */
  close: () => Promise<void>;
}>;

const DRAIN_BATCH = 500;
const RETRY_MS = 250;

/**
 * Opens the spool in `directory` and begins to drain what a process before left there. Records reach Kafka in the
 * order of each partition; a record is removed after Kafka has it, so a crash in between sends it twice, never not at all.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { maxBytes, publish, kafkaIsUp, now, onProblem } = options;
  const store = await openSpoolStore(options.directory);
  const waiting = new Map<number, number>();
  let { next, records, bytes, oldestMs } = await scan(store, waiting);
  let closing = false;
  let draining: Promise<void> | null = null;
  let emptied = Promise.withResolvers<void>();

  const count = (partition: number, change: 1 | -1): void => {
    waiting.set(partition, (waiting.get(partition) ?? 0) + change);
    records += change;
  };
  const forget = ({ record, bytes: size }: SpooledRecord): void => {
    count(record.partition, -1);
    bytes -= size;
  };
  const appendAll = groupCommit(store, onProblem);

  const drainBatch = async (): Promise<boolean> => {
    const batch = await store.oldest(DRAIN_BATCH);
    oldestMs = batch[0]?.storedAtMs ?? null;
    const outcomes = await Promise.all(batch.map(({ record }) => publish(record)));
    const done = batch.filter((_, index) => outcomes[index] === 'durable' || outcomes[index] === 'too-large');
    if (outcomes.includes('too-large'))
      onProblem('spool-record-refused', new Error('The broker never takes a record of this size'));
    await store.remove(done.map(({ sequence }) => sequence));
    for (const one of done) forget(one);
    return done.length === batch.length && batch.length > 0;
  };
  const drain = async (): Promise<void> => {
    while (records > 0 && !closing) {
      const progressed =
        kafkaIsUp() &&
        (await drainBatch().catch((error: unknown) => {
          onProblem('spool-write-failed', error);
          return false;
        }));
      if (!progressed) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    draining = null;
    if (records === 0) emptied.resolve();
  };
  const wake = (): void => {
    if (records === 0 || closing || draining !== null) return;
    emptied = Promise.withResolvers<void>();
    draining = drain();
  };
  wake();

  return {
    append: async (record) => {
      const size = sizeOf(record);
      if (bytes + size > maxBytes || closing) return 'full';
      const spooled = { sequence: next++, record, bytes: size, storedAtMs: now() };
      bytes += size;
      count(record.partition, 1);
      if (await appendAll(spooled)) {
        oldestMs ??= spooled.storedAtMs;
        wake();
        return 'stored';
      }
      forget(spooled);
      return 'failed';
    },
    holds: (partition) => (waiting.get(partition) ?? 0) > 0,
    hasRoom: () => bytes < maxBytes,
    state: () => ({ records, bytes, oldestAgeMs: records === 0 || oldestMs === null ? null : now() - oldestMs }),
    drained: () => (records === 0 ? Promise.resolve() : emptied.promise),
    close: async () => {
      closing = true;
      await draining;
      await store.close();
    },
  };
}

/** What lies in the store: the next sequence number, and how much waits of each partition. */
async function scan(store: SpoolStore, waiting: Map<number, number>) {
  const found = { next: 1, records: 0, bytes: 0, oldestMs: null as number | null };
  for await (const { sequence, record, bytes, storedAtMs } of store.all()) {
    found.next = sequence + 1;
    found.records += 1;
    found.bytes += bytes;
    found.oldestMs ??= storedAtMs;
    waiting.set(record.partition, (waiting.get(record.partition) ?? 0) + 1);
  }
  return found;
}

/** Writes what arrived while the write before was under way with one fsync. Resolves to whether the disk has the record. */
function groupCommit(
  store: SpoolStore,
  onProblem: SpoolOptions['onProblem'],
): (record: SpooledRecord) => Promise<boolean> {
  let gathered: { record: SpooledRecord; settle: (stored: boolean) => void }[] = [];
  let writing = false;

  const write = async (): Promise<void> => {
    writing = true;
    while (gathered.length > 0) {
      const group = gathered;
      gathered = [];
      const stored = await store.append(group.map(({ record }) => record)).then(
        () => true,
        (error: unknown) => {
          onProblem('spool-write-failed', error);
          return false;
        },
      );
      for (const { settle } of group) settle(stored);
    }
    writing = false;
  };
  return (record) =>
    new Promise((settle) => {
      gathered.push({ record, settle });
      if (!writing) void write();
    });
}
