import { randomUUID } from 'node:crypto';
import type { Admin, Batch, Consumer, Kafka } from 'kafkajs';
import { createPositions, type Positions } from './table-reader-positions.ts';

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
  headers: Readonly<Record<string, string>>;
}>;

/** Reads whole topics, from the beginning and for ever, each partition in order and each record once. */
export type TableReader = Readonly<{
  /** Resolves once every partition was read to the end that stood at the start. */
  caughtUp: Promise<void>;
  /** Resolves once the partition was read up to `offset`, exclusive. */
  reached: (topic: string, partition: number, offset: number) => Promise<void>;
  /** The next offset to read; null before the start has found it. */
  position: (topic: string, partition: number) => number | null;
  /** How often a batch that the log cleaner emptied had to be stepped over. */
  nudges: () => number;
  /** Settles when the reader cannot go on: then end the process, as kafkajs would live on and read nothing. */
  failed: Promise<Error>;
  stop: () => Promise<void>;
}>;

export type TableReaderOptions = Readonly<{
  topics: readonly string[];
  /** Group ids begin with this, so that one ACL covers them; each reader has a group of its own and commits nothing. */
  groupPrefix: string;
}>;

const STUCK_MS = 2_000;
const STUCK_FETCHES = 4;

/**
 * Starts a read_committed reader. `onRecords` is called with the new records of one partition, in order, and waited for; if it
 * throws, the reader fails.
 *
 * Progress is told by positions, not by records: a batch of markers or aborted records brings none. kafkajs never moves
 * past an empty batch that the log cleaner kept; a partition somebody waits for that stands still for 2 s, while its
 * leader answers, is moved one offset forward.
 */
export function startTableReader(
  kafka: Kafka,
  options: TableReaderOptions,
  onRecords: (records: readonly TableRecord[]) => void | Promise<void>,
): TableReader {
  const positions = createPositions();
  const consumer = kafka.consumer({
    groupId: `${options.groupPrefix}${randomUUID()}`,
    readUncommitted: false,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { retries: 8 },
  });
  const admin = kafka.admin();
  const failed = Promise.withResolvers<Error>();
  const caughtUp = Promise.withResolvers<void>();
  caughtUp.promise.catch(() => undefined);
  const progress = watchProgress(consumer, positions);
  let nudges = 0;
  let stopped = false;

  const fail = (error: unknown): void => {
    if (!stopped) failed.resolve(error instanceof Error ? error : new Error(String(error)));
  };
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) fail(payload.error);
  });
  consumer.on('consumer.group_join', () => {
    for (const { topic, partition, position } of progress.placed())
      consumer.seek({ topic, partition, offset: String(position) });
  });

  const start = async (): Promise<void> => {
    await admin.connect();
    const ends = await findEnds(admin, options.topics);
    for (const { topic, partition, low } of ends) positions.advance(topic, partition, low);
    void Promise.all(ends.map(({ topic, partition, high }) => positions.reached(topic, partition, high))).then(() =>
      caughtUp.resolve(),
    );
    await consumer.connect();
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: Math.max(1, ends.length),
      eachBatch: async ({ batch }) => {
        const records = newRecords(batch, positions.position(batch.topic, batch.partition) ?? 0);
        try {
          if (records.length > 0) await onRecords(records);
        } catch (error) {
          fail(error);
          throw error;
        }
      },
    });
  };
  const started = start().catch(fail);

  const nudge = setInterval(() => {
    for (const { topic, partition, offset } of positions.awaited()) {
      const position = positions.position(topic, partition);
      if (position === null || position >= offset || !progress.isStuck(topic, partition)) continue;
      progress.moved(topic, partition);
      void leaderAnswers(admin, topic).then((answers) => {
        if (!answers || stopped || positions.position(topic, partition) !== position) return;
        nudges += 1;
        positions.advance(topic, partition, position + 1);
        consumer.seek({ topic, partition, offset: String(position + 1) });
      });
    }
  }, STUCK_MS / 4);
  nudge.unref();

  return {
    caughtUp: caughtUp.promise,
    reached: positions.reached,
    position: positions.position,
    nudges: () => nudges,
    failed: failed.promise,
    stop: async () => {
      stopped = true;
      clearInterval(nudge);
      await started;
      await consumer.disconnect().catch(() => undefined);
      await admin.disconnect().catch(() => undefined);
    },
  };
}

type End = Readonly<{ topic: string; partition: number; low: number; high: number }>;

/** First and last stable offset of every partition. */
async function findEnds(admin: Admin, topics: readonly string[]): Promise<readonly End[]> {
  const ends: End[] = [];
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      ends.push({ topic, partition, low: Number(low), high: Number(high) });
    }
  }
  return ends;
}

const leaderAnswers = (admin: Admin, topic: string): Promise<boolean> =>
  admin.fetchTopicOffsets(topic).then(
    () => true,
    () => false,
  );

/** Those at or after `position`: after a rejoin kafkajs may bring some again. */
function newRecords({ topic, partition, messages }: Batch, position: number): readonly TableRecord[] {
  const records: TableRecord[] = [];
  for (const { offset, timestamp, key, value, headers } of messages) {
    if (Number(offset) < position) continue;
    records.push({
      topic,
      partition,
      offset: Number(offset),
      timestampMs: Number(timestamp),
      key: key?.toString('utf8') ?? null,
      value,
      headers:
        headers === undefined
          ? {}
          : Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
    });
  }
  return records;
}

/** Follows END_BATCH_PROCESS, which also tells of batches that hold nothing to deliver, and counts fetches without progress. */
function watchProgress(consumer: Consumer, positions: Positions) {
  const last = new Map<string, { topic: string; partition: number; atMs: number; fetches: number }>();
  const moved = (topic: string, partition: number): void => {
    last.set(`${topic}/${partition}`, { topic, partition, atMs: performance.now(), fetches: 0 });
  };
  consumer.on('consumer.end_batch_process', ({ payload: { topic, partition, lastOffset } }) => {
    positions.advance(topic, partition, Number(lastOffset) + 1);
    moved(topic, partition);
  });
  consumer.on('consumer.fetch', () => {
    for (const entry of last.values()) entry.fetches += 1;
  });
  return {
    moved,
    /** Partitions of which something was read, with their positions. */
    placed: () =>
      [...last.values()].map(({ topic, partition }) => ({
        topic,
        partition,
        position: positions.position(topic, partition) ?? 0,
      })),
    isStuck: (topic: string, partition: number): boolean => {
      const entry = last.get(`${topic}/${partition}`);
      if (entry === undefined) {
        moved(topic, partition);
        return false;
      }
      return entry.fetches >= STUCK_FETCHES && performance.now() - entry.atMs >= STUCK_MS;
    },
  };
}
