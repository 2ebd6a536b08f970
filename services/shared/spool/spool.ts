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
  /** Called for what should be logged: the disk failed, or the broker does not take a record for its size. */
  onProblem: (event: 'spool-write-failed' | 'spool-record-refused', error: unknown) => void;
}>;

/** A durable queue on local disk in front of Kafka, for when Kafka is away. */
export type Spool = Readonly<{
  /** Resolves after the disk has the record (fsync; records that arrive together share one). Order is the order of calls. */
  append: (record: OutgoingRecord) => Promise<SpoolOutcome>;
  /** Whether records of this partition wait to be sent: then a new one has to queue behind them. */
  holds: (partition: number) => boolean;
  /** Whether another record fits. */
  hasRoom: () => boolean;
  /** Records and bytes on disk, and the age of the oldest in milliseconds (null: there is none). */
  state: () => Readonly<{ records: number; bytes: number; oldestAgeMs: number | null }>;
  /** Resolves once nothing is on disk; at once if so. */
  drained: () => Promise<void>;
  /** Ends the draining after the batch under way, then closes the store. What waits is there at the next start. */
  close: () => Promise<void>;
}>;

const DRAIN_BATCH = 500;
const RETRY_MS = 250;

/**
 * Opens the spool in `directory` and begins to drain what a process before left there. Records reach Kafka in the
 * order of each partition; a record is removed after Kafka has it, so a crash in between sends it twice, never not at all.
 * One that the broker refuses for its size was acknowledged: it stays on disk, and is tried again at the next start.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { maxBytes, publish, kafkaIsUp, now, onProblem } = options;
  const store = await openSpoolStore(options.directory);
  const waiting = new Map<number, number>();
  let { next, records, bytes, oldestMs } = await scan(store, waiting);
  const refused = new Set<number>();
  let oldestRefusedMs = Number.POSITIVE_INFINITY;
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
  const refuse = ({ sequence, record, bytes: size, storedAtMs }: SpooledRecord): void => {
    count(record.partition, -1);
    refused.add(sequence);
    oldestRefusedMs = Math.min(oldestRefusedMs, storedAtMs);
    const place = `${record.topic}/${record.partition}`;
    const why = `${place} takes no record of ${size} bytes: it stays in the spool. Raise max.message.bytes, then restart`;
    onProblem('spool-record-refused', new Error(why));
  };
  const isEmpty = (): boolean => records + refused.size === 0;
  const appendAll = groupCommit(store, onProblem);

  const drainBatch = async (): Promise<boolean> => {
    const batch = await store.oldest(DRAIN_BATCH, refused);
    oldestMs = batch[0]?.storedAtMs ?? null;
    const outcomes = await Promise.all(batch.map(({ record }) => publish(record)));
    const having = (outcome: PublishOutcome) => batch.filter((_, index) => outcomes[index] === outcome);
    const done = having('durable');
    await store.remove(done.map(({ sequence }) => sequence));
    for (const one of done) forget(one);
    const tooLarge = having('too-large');
    for (const one of tooLarge) refuse(one);
    return batch.length > 0 && done.length + tooLarge.length === batch.length;
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
    if (records === 0) oldestMs = null;
    if (isEmpty()) emptied.resolve();
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
    state: () => {
      const oldest = Math.min(oldestMs ?? Number.POSITIVE_INFINITY, oldestRefusedMs);
      return { records: records + refused.size, bytes, oldestAgeMs: Number.isFinite(oldest) ? now() - oldest : null };
    },
    drained: () => (isEmpty() ? Promise.resolve() : emptied.promise),
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
