import type { Batch, Kafka } from 'kafkajs';
import type { SourceRecord } from '../../projection/records.ts';
import { explainReading } from '../refusals/explain-reading.ts';
import { createReaderConsumer } from './reader-consumer.ts';
import { createReadingGoal, type ReadingGoal } from './reading-goal.ts';
import { sourceBatch } from './source-batch.ts';

/** Reads one partition of some topics up to given offsets: each record once, in order, with at most one fetch in memory. */
export type PartitionReader = Readonly<{
  /**
   * Delivers the records before `end` that were not delivered yet, and resolves once all have been. Rejects when the reader cannot continue.
   * Never call it for a topic while an earlier call for it is pending.
   */
  readTo: (topic: string, end: number) => Promise<void>;
  /** The next offset to read. */
  position: (topic: string) => number;
  stop: () => Promise<void>;
}>;

export type PartitionReaderOptions = Readonly<{
  /** By topic, the offset to start at. */
  from: Readonly<Record<string, number>>;
  partition: number;
  /** Group ids start with this, so that one ACL covers them. Each reader has its own group and commits nothing. */
  groupPrefix: string;
}>;

/** `onRecords` is awaited before more is fetched; if it throws, the reader fails. */
export function startPartitionReader(
  kafka: Kafka,
  { from, partition, groupPrefix }: PartitionReaderOptions,
  onRecords: (topic: string, records: readonly SourceRecord[]) => Promise<void>,
): PartitionReader {
  const topics = Object.keys(from);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  let stopped = false;

  const fail = async (error: Error): Promise<void> => {
    if (!stopped) failed.reject(await explainReading(kafka, error, { topics, groupPrefix }));
  };
  const consumer = createReaderConsumer(kafka, groupPrefix, (error) => void fail(error));
  const fetches = createFetches(consumer, from, partition, () => stopped);

  const take = async (batch: Batch): Promise<void> => {
    const { topic, fromOffset, nextOffset, records } = sourceBatch(batch);
    const goal = fetches.goalOf(topic);
    if (!goal.isPending()) return;
    // This batch was fetched before the last seek.
    if (fromOffset > goal.position()) return fetches.fetch(topic);
    const wanted = records.filter(({ offset }) => offset >= goal.position() && offset < goal.end());
    if (wanted.length > 0) await onRecords(topic, wanted);
    fetches.advance(topic, nextOffset);
  };
  const start = async (): Promise<void> => {
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: topics.length,
      eachBatch: ({ batch }) =>
        take(batch).catch((error: Error) => {
          void fail(error);
          throw error;
        }),
    });
  };
  const started = start().catch(fail);

  return {
    readTo: async (topic, end) => {
      const goal = fetches.goalOf(topic);
      if (goal.position() >= end) return;
      const reached = goal.readTo(end);
      fetches.fetch(topic);
      await Promise.race([reached, failed.promise]);
    },
    position: (topic) => fetches.goalOf(topic).position(),
    stop: async () => {
      stopped = true;
      await started;
      await consumer.disconnect().catch(() => undefined);
    },
  };
}

/** Which topics the consumer fetches: all are paused when it joins its group, and one is fetched only until its goal is reached. */
function createFetches(
  consumer: ReturnType<typeof createReaderConsumer>,
  from: PartitionReaderOptions['from'],
  partition: number,
  isStopped: () => boolean,
) {
  const goals = new Map(Object.entries(from).map(([topic, offset]) => [topic, createReadingGoal(offset)]));
  let joined = false;

  const goalOf = (topic: string): ReadingGoal => {
    const goal = goals.get(topic);
    if (goal === undefined) throw new Error(`${topic} is not read`);
    return goal;
  };
  const fetch = (topic: string): void => {
    if (isStopped() || !joined) return;
    consumer.seek({ topic, partition, offset: String(goalOf(topic).position()) });
    consumer.resume([{ topic, partitions: [partition] }]);
  };
  const advance = (topic: string, offset: number): void => {
    const goal = goalOf(topic);
    goal.advance(offset);
    if (!goal.isReached()) return;
    if (!isStopped()) consumer.pause([{ topic, partitions: [partition] }]);
    goal.settle();
  };
  // kafkajs emits this event synchronously, before it fetches anything of the assignment (shared/kafka/README.md, rule 7).
  consumer.on('consumer.group_join', ({ payload: { memberAssignment } }) => {
    if (isStopped()) return;
    consumer.pause(Object.entries(memberAssignment).map(([topic, partitions]) => ({ topic, partitions })));
    joined = true;
    for (const [topic, goal] of goals) if (goal.isPending()) fetch(topic);
  });
  // A batch without records for us, such as one of transaction markers, never reaches eachBatch (shared/kafka/README.md, rule 9).
  consumer.on('consumer.end_batch_process', ({ payload: { topic, batchSize, lastOffset } }) => {
    if (batchSize === 0) advance(topic, Number(lastOffset) + 1);
  });
  return { goalOf, fetch, advance };
}
