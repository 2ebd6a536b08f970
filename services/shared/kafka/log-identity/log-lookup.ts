import type { Kafka } from 'kafkajs';
import { type LogMark, markOf } from '../../projection/log-mark.ts';
import type { FetchedPartition } from '../client/raw-cluster.ts';
import { withLeaders } from '../client/with-leaders.ts';
import { isEndOfEmptied } from '../kafkajs-patches/fetch/unreadable-batch.ts';
import { TopicGoneError } from './log-changed.ts';
import { createLookupConnection, type LookupConnection } from './lookup-connection.ts';
import { createTopicIdLookup, type TopicIds } from './topic-ids.ts';

/** A record in the log, and the epoch of the leader that wrote it; -1 if its format is too old to hold one. */
export type FoundRecord = Readonly<{ mark: LogMark; epoch: number }>;

/** Looks into logs without a group and without moving anybody’s position. Errors of brokers and of kafkajs are thrown unchanged. */
export type LogLookup = Readonly<{
  /** The record at this offset; null if the log has none there. */
  recordAt: (topic: string, partition: number, offset: number) => Promise<FoundRecord | null>;
  /** The first offset at or after this one that the log holds, even for a transaction marker; null if the log ends before it. */
  nextOffset: (topic: string, partition: number, offset: number) => Promise<number | null>;
  /**
   * The id of each topic, as reported by the brokers that lead this partition; null if one of them reports no ids (before Kafka 2.8). A broker that
   * returns records of a recreated topic also reports its new id. Throws TopicGoneError if a topic does not exist.
   */
  topicIds: (partition: number) => Promise<TopicIds>;
  close: () => Promise<void>;
}>;

const READ_UNCOMMITTED = 0;
/** A broker always returns at least one batch; with this limit it returns no more. */
const ONE_BATCH = 1;

/** `topics` are those that `topicIds` reports. */
export function createLogLookup(kafka: Kafka, topics: readonly string[]): LogLookup {
  const connection = createLookupConnection(kafka, topics, () => ids.forgetLeaders());
  const ids = createTopicIdLookup(connection, topics);
  return {
    recordAt: async (topic, partition, offset) => {
      const found = await fetchBatchAt(connection, topic, partition, offset);
      const record = found?.messages.find((one) => Number(one.offset) === offset && !one.isControlRecord);
      if (record === undefined) return null;
      const mark = markOf({ offset, timestampMs: Number(record.timestamp), value: record.value });
      return { mark, epoch: record.batchContext?.partitionLeaderEpoch ?? -1 };
    },
    nextOffset: async (topic, partition, offset) => {
      const found = await fetchBatchAt(connection, topic, partition, offset);
      const next = found?.messages.find((one) => Number(one.offset) >= offset);
      if (next === undefined) return null;
      return isEndOfEmptied(next) ? Number(next.offset) + 1 : Number(next.offset);
    },
    topicIds: ids.topicIds,
    close: connection.close,
  };
}

/** The batch that holds this offset, or the next batch; null if the offset is outside the log. */
const fetchBatchAt = (
  connection: LookupConnection,
  topic: string,
  partition: number,
  offset: number,
): Promise<FetchedPartition | null> =>
  withLeaders(() =>
    connection.use(async (cluster) => {
      const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
      if (nodeId === undefined) throw new TopicGoneError([topic]);
      const broker = await cluster.findBroker({ nodeId });
      const partitions = [{ partition, fetchOffset: String(offset), maxBytes: ONE_BATCH }];
      try {
        const { responses } = await broker.fetch({
          replicaId: -1,
          isolationLevel: READ_UNCOMMITTED,
          maxWaitTime: 0,
          minBytes: 0,
          maxBytes: ONE_BATCH,
          topics: [{ topic, partitions }],
          rackId: '',
        });
        return responses[0]?.partitions[0] ?? null;
      } catch (error) {
        if (Reflect.get(Object(error), 'name') === 'KafkaJSOffsetOutOfRange') return null;
        throw error;
      }
    }),
  );
