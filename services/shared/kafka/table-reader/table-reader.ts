import type { Batch, Kafka } from 'kafkajs';
import type { UnreadableBatch } from '../../projection/records.ts';
import { withLeaders } from '../client/with-leaders.ts';
import { isTransactional, unreadableBatch } from '../kafkajs-patches/fetch/unreadable-batch.ts';
import { createReaderConsumer } from '../partition-reader/reader-consumer.ts';
import { tracedBatches } from '../partition-reader/traced-batches.ts';
import { explainReading } from '../refusals/explain-reading.ts';
import { createLogEndsConnection, type LogEndsConnection, type PartitionEnds } from '../topics/log-ends.ts';
import { createKnownEnds, type KnownEnds } from './known-ends.ts';
import { createPositions, type Positions } from './positions.ts';
import { repeat } from './repeat.ts';
import { textHeaders } from './text-headers.ts';

/** A record as the log holds it. Its offset is exact below 2^53. */
export type TableRecord = Readonly<{
  topic: string;
  partition: number;
  offset: number;
  timestampMs: number;
  /** UTF-8; null if the record has no key. */
  key: string | null;
  /** Null is a tombstone. */
  value: Buffer | null;
  /** As text. For a repeated name the last value counts, as in Kafka's own clients; null values are left out. */
  headers: Readonly<Record<string, string>>;
  /** Whether it was written in a transaction. */
  transactional: boolean;
  /** Set where this stands for a batch that cannot be read, whose bytes are the value; null for a record. */
  unreadable: UnreadableBatch | null;
}>;

/** Reads topics continuously, from their start or a given time: each partition in order, each record once. */
export type TableReader = Readonly<{
  /** Resolves once every partition was read to the end it had at the start. */
  caughtUp: Promise<void>;
  /** Resolves once the partition was read up to `offset`, exclusive. */
  reached: (topic: string, partition: number, offset: number) => Promise<void>;
  /** The next offset to read; null until the reader has found where to start. */
  position: (topic: string, partition: number) => number | null;
  /** Offsets between the positions and the ends of the log a second ago; null before the first ends are known. */
  lag: () => number | null;
  /** Resolves when the reader cannot continue. End the process then: kafkajs would stay connected and read nothing. */
  failed: Promise<Error>;
  stop: () => Promise<void>;
}>;

export type TableReaderOptions = Readonly<{
  topics: readonly string[];
  /** Group ids start with this, so that one ACL covers them. Each reader has its own group and commits nothing. */
  groupPrefix: string;
  /** Reads records from this log time (Unix time in milliseconds) on; absent: all. */
  sinceMs?: number;
}>;

/** A log is shorter than what was read from it: it was truncated, or the topic was recreated. Start again from nothing. */
export class LogTruncatedError extends Error {
  override readonly name = 'LogTruncatedError';
  readonly retriable = true;

  constructor(topic: string, partition: number) {
    super(`The log of ${topic}, partition ${partition}, ends before what was read from it: start again`);
  }
}

const POLL_MS = 1_000;
/** A new leader may report an older end for a moment, so only this many consecutive polls prove that the log is shorter. */
const SHORTER_POLLS = 10;

/**
 * Starts a read_committed reader. `onRecords` receives the new records of one partition, in order, and is awaited; if it throws, the
 * reader fails. The reader also fails if a log becomes shorter than what was read from it, as when the topic is recreated.
 *
 * Progress follows positions, not records: a batch of markers or aborted records, or one that the log cleaner emptied, delivers none
 * (shared/kafka/README.md, rule 9).
 */
export function startTableReader(
  kafka: Kafka,
  options: TableReaderOptions,
  onRecords: (records: readonly TableRecord[]) => void | Promise<void>,
): TableReader {
  const positions = createPositions();
  const ends = createKnownEnds(positions);
  const connection = createLogEndsConnection(kafka, options.topics);
  const failed = Promise.withResolvers<Error>();
  const caughtUp = Promise.withResolvers<void>();
  let stopped = false;

  const fail = (error: unknown): void => {
    if (stopped) return;
    void explainReading(kafka, error, options).then((explained) =>
      failed.resolve(explained instanceof Error ? explained : new Error(String(explained))),
    );
  };
  const consumer = createReaderConsumer(kafka, options.groupPrefix, fail);
  consumer.on('consumer.group_join', () => {
    for (const { topic, partition } of ends.partitions()) {
      consumer.seek({ topic, partition, offset: String(positions.position(topic, partition) ?? 0) });
    }
  });
  consumer.on('consumer.end_batch_process', ({ payload: { topic, partition, lastOffset } }) => {
    positions.advance(topic, partition, Number(lastOffset) + 1);
  });

  const take = async (batch: Batch): Promise<void> => {
    const records = newRecords(batch, positions.position(batch.topic, batch.partition) ?? 0);
    try {
      if (records.length > 0) await onRecords(records);
    } catch (error) {
      fail(error);
      throw error;
    }
  };
  const start = async (): Promise<void> => {
    const found = await placeAtStart(connection, ends, positions, options.sinceMs);
    void Promise.all(found.map(({ topic, partition, high }) => positions.reached(topic, partition, high))).then(() =>
      caughtUp.resolve(),
    );
    await consumer.connect();
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: Math.max(1, found.length),
      eachBatch: tracedBatches(({ batch }) => take(batch)),
    });
  };
  const started = start().catch(fail);
  const poll = async (): Promise<void> => {
    await ends.refresh(connection.fetchEnds);
    const shorter = ends.shorterFor(SHORTER_POLLS);
    if (shorter !== null) fail(new LogTruncatedError(shorter.topic, shorter.partition));
  };
  const polling = repeat(POLL_MS, () => started.then(poll).catch(() => undefined));

  return {
    caughtUp: caughtUp.promise,
    reached: positions.reached,
    position: positions.position,
    lag: ends.lag,
    failed: failed.promise,
    stop: async () => {
      stopped = true;
      polling.stop();
      await started;
      await consumer.disconnect().catch(() => undefined);
      await connection.close();
    },
  };
}

/** Sets every position to the start of its log, or to the first record since `sinceMs`. Returns the ends that were found. */
async function placeAtStart(
  connection: LogEndsConnection,
  ends: KnownEnds,
  positions: Positions,
  sinceMs: number | undefined,
): Promise<readonly PartitionEnds[]> {
  const found = await withLeaders(() => ends.refresh(connection.fetchEnds));
  for (const { topic, partition, low } of found) positions.advance(topic, partition, low);
  if (sinceMs !== undefined) {
    for (const { topic, partition, offset } of await withLeaders(() => connection.fetchOffsetsSince(sinceMs)))
      positions.advance(topic, partition, offset);
  }
  return found;
}

/** The records at or after `position`: after a rejoin kafkajs may deliver some again. */
function newRecords({ topic, partition, messages }: Batch, position: number): readonly TableRecord[] {
  const records: TableRecord[] = [];
  for (const message of messages) {
    const { offset, timestamp, key, value, headers } = message;
    if (Number(offset) < position) continue;
    records.push({
      topic,
      partition,
      offset: Number(offset),
      timestampMs: Number(timestamp),
      key: key?.toString('utf8') ?? null,
      value,
      headers: textHeaders(headers),
      transactional: isTransactional(message),
      unreadable: unreadableBatch(message),
    });
  }
  return records;
}
