import { randomUUID } from 'node:crypto';
import type { Batch, Kafka } from 'kafkajs';
import type { UnreadableBatch } from '../projection/records.ts';
import { explainReading } from './explain-reading.ts';
import { isTransactional, unreadableBatch } from './fetch/unreadable-batch.ts';
import { useOwnFetchDecoder } from './fetch/use-own-fetch-decoder.ts';
import { createEndsQuestion } from './table-reader-ends.ts';
import { createLogEnd } from './table-reader-log-end.ts';
import { createPositions } from './table-reader-positions.ts';
import { textHeaders } from './text-headers.ts';
import { tracedBatches } from './traced-batches.ts';
import { withLeaders } from './with-leaders.ts';

/** A record as it is in the log. Its offset is exact below 2^53. */
export type TableRecord = Readonly<{
  topic: string;
  partition: number;
  offset: number;
  timestampMs: number;
  /** UTF-8; null where the record has none. */
  key: string | null;
  /** Null is a tombstone. */
  value: Buffer | null;
  /** As text, the last of each name, as Kafka's own clients take it; without those that are null. */
  headers: Readonly<Record<string, string>>;
  /** Whether it was written in a transaction. */
  transactional: boolean;
  /** What it stands for where it is no record: a batch that cannot be read, whose bytes are the value. */
  unreadable: UnreadableBatch | null;
}>;

/** Reads topics, from the beginning or a time on and for ever, each partition in order and each record once. */
export type TableReader = Readonly<{
  /** Resolves once every partition was read to the end that stood at the start. */
  caughtUp: Promise<void>;
  /** Resolves once the partition was read up to `offset`, exclusive. */
  reached: (topic: string, partition: number, offset: number) => Promise<void>;
  /** The next offset to read; null before the start has found it. */
  position: (topic: string, partition: number) => number | null;
  /** Offsets between the positions and the ends of the log as they were a second ago; null before the first are known. */
  lag: () => number | null;
  /** Settles when the reader cannot go on: then end the process, as kafkajs would live on and read nothing. */
  failed: Promise<Error>;
  stop: () => Promise<void>;
}>;

export type TableReaderOptions = Readonly<{
  topics: readonly string[];
  /** Group ids begin with this, so that one ACL covers them; each reader has a group of its own and commits nothing. */
  groupPrefix: string;
  /** Reads what came at this log time (Unix time in milliseconds) or later; absent: all. */
  sinceMs?: number;
}>;

/** A log is shorter than what was read from it: it was cut, or the topic was created anew. Start again from nothing. */
export class LogTruncatedError extends Error {
  override readonly name = 'LogTruncatedError';
  readonly retriable = true;

  constructor(topic: string, partition: number) {
    super(`The log of ${topic}, partition ${partition}, ends before what was read from it: start again`);
  }
}

const POLL_MS = 1_000;
/** Polls in a row that find a log shorter than what was read from it: a new leader may say so for a moment. */
const SHORTER_POLLS = 10;

/**
 * Starts a read_committed reader. `onRecords` is called with the new records of one partition, in order, and waited for; if it
 * throws, the reader fails. It also fails when a log is shorter than what was read from it, as the topic was made anew.
 *
 * Progress is told by positions, not by records: a batch of markers or aborted records, or one that the log cleaner emptied, brings none.
 */
export function startTableReader(
  kafka: Kafka,
  options: TableReaderOptions,
  onRecords: (records: readonly TableRecord[]) => void | Promise<void>,
): TableReader {
  useOwnFetchDecoder();
  const positions = createPositions();
  const consumer = kafka.consumer({
    groupId: `${options.groupPrefix}${randomUUID()}`,
    readUncommitted: false,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { retries: 8 },
  });
  const ends = createEndsQuestion(kafka, options.topics);
  const failed = Promise.withResolvers<Error>();
  const caughtUp = Promise.withResolvers<void>();
  const log = createLogEnd(positions);
  let stopped = false;

  const fail = (error: unknown): void => {
    if (stopped) return;
    void explainReading(kafka, error, options).then((explained) =>
      failed.resolve(explained instanceof Error ? explained : new Error(String(explained))),
    );
  };
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) fail(payload.error);
  });
  consumer.on('consumer.group_join', () => {
    for (const { topic, partition } of log.partitions()) {
      consumer.seek({ topic, partition, offset: String(positions.position(topic, partition) ?? 0) });
    }
  });
  consumer.on('consumer.end_batch_process', ({ payload: { topic, partition, lastOffset } }) => {
    positions.advance(topic, partition, Number(lastOffset) + 1);
  });

  const start = async (): Promise<void> => {
    const found = await withLeaders(() => log.ask(ends.ask));
    for (const { topic, partition, low } of found) positions.advance(topic, partition, low);
    const { sinceMs } = options;
    if (sinceMs !== undefined) {
      for (const { topic, partition, offset } of await withLeaders(() => ends.since(sinceMs)))
        positions.advance(topic, partition, offset);
    }
    void Promise.all(found.map(({ topic, partition, high }) => positions.reached(topic, partition, high))).then(() =>
      caughtUp.resolve(),
    );
    await consumer.connect();
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: Math.max(1, found.length),
      eachBatch: tracedBatches(async ({ batch }) => {
        const records = newRecords(batch, positions.position(batch.topic, batch.partition) ?? 0);
        try {
          if (records.length > 0) await onRecords(records);
        } catch (error) {
          fail(error);
          throw error;
        }
      }),
    });
  };
  const started = start().catch(fail);

  const poll = async (): Promise<void> => {
    await log.ask(ends.ask);
    const shorter = log.shorterFor(SHORTER_POLLS);
    if (shorter !== null) fail(new LogTruncatedError(shorter.topic, shorter.partition));
  };
  const polling = repeat(POLL_MS, () => started.then(poll).catch(() => undefined));

  return {
    caughtUp: caughtUp.promise,
    reached: positions.reached,
    position: positions.position,
    lag: log.lag,
    failed: failed.promise,
    stop: async () => {
      stopped = true;
      polling.stop();
      await started;
      await consumer.disconnect().catch(() => undefined);
      await ends.close();
    },
  };
}

/** Runs `work` again and again, `everyMs` after it ended; it does not keep the process alive. */
function repeat(everyMs: number, work: () => Promise<unknown>): Readonly<{ stop: () => void }> {
  let timer: NodeJS.Timeout;
  let stopped = false;
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(() => void work().then(next), everyMs);
    timer.unref();
  };
  next();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Those at or after `position`: after a rejoin kafkajs may bring some again. */
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
