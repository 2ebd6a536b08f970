import type { Kafka } from 'kafkajs';
import { type LogMark, markOf } from '../../projection/log-mark.ts';
import { brokerErrorType } from '../access.ts';
import { isEndOfEmptied } from '../fetch/unreadable-batch.ts';
import { createRawCluster, type FetchedPartition, type RawCluster } from '../raw-cluster.ts';
import { withLeaders } from '../with-leaders.ts';
import { TopicGoneError } from './log-changed.ts';
import { METADATA_KEY, METADATA_VERSION, type TopicMetadata, topicMetadataRequest } from './topic-metadata.ts';

/** A record that is in the log, and the epoch of the leader that wrote it: -1 where its format is too old to tell. */
export type FoundRecord = Readonly<{ mark: LogMark; epoch: number }>;

/** Looks into logs without a group and without moving anybody’s position. Each question throws what a broker or kafkajs says, and the next begins on new connections. */
export type LogLookup = Readonly<{
  /** The record at this offset; null where the log has none there. */
  recordAt: (topic: string, partition: number, offset: number) => Promise<FoundRecord | null>;
  /** The first offset from this one on that the log holds, that of a transaction marker included; null where it ends before. */
  nextOffset: (topic: string, partition: number, offset: number) => Promise<number | null>;
  /**
   * The id of each topic, as the brokers know it that lead this partition; null where one of them knows no ids (before Kafka 2.8). Throws TopicGoneError where
   * there is no such topic. A broker that gives records of a topic made anew tells its new id, too.
   */
  topicIds: (partition: number) => Promise<TopicIds>;
  close: () => Promise<void>;
}>;

export type TopicIds = ReadonlyMap<string, string | null>;

const READ_UNCOMMITTED = 0;
const UNKNOWN_TOPIC = 3;
/** A broker gives one batch at the least, and with this no more. */
const ONE_BATCH = 1;
/** Leaders that move are followed so often in one question. */
const MOVES = 3;
/** In place of an id: two brokers do not agree, as the topic has just been created anew. */
const DISPUTED = 'disputed';
/** Questions for the ids within so many milliseconds are one request to each broker. */
const GATHER_MS = 3;

/** `topics` are those whose ids are asked for. */
export function createLogLookup(kafka: Kafka, topics: readonly string[]): LogLookup {
  let opened: Promise<RawCluster> | null = null;
  let leaders: ReadonlyMap<string, ReadonlyMap<number, number>> = new Map();
  const gathering = new Map<string, Promise<readonly TopicMetadata[] | null>>();

  const open = async (): Promise<RawCluster> => {
    const cluster = createRawCluster(kafka);
    try {
      await cluster.connect();
      await cluster.addMultipleTargetTopics(topics);
      return cluster;
    } catch (error) {
      await cluster.disconnect().catch(() => undefined);
      if (brokerErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') throw new TopicGoneError(topics);
      throw error;
    }
  };
  const close = async (): Promise<void> => {
    const cluster = opened;
    opened = null;
    leaders = new Map();
    await cluster?.then((one) => one.disconnect()).catch(() => undefined);
  };
  /** One set of connections while answers come: after an error only new ones forget who led a partition. */
  const ask = async <T>(question: (cluster: RawCluster) => Promise<T>): Promise<T> => {
    opened ??= open();
    const used = opened;
    try {
      return await question(await used);
    } catch (error) {
      if (opened === used) await close();
      throw error;
    }
  };

  const fetchAt = (topic: string, partition: number, offset: number): Promise<FetchedPartition | null> =>
    withLeaders(() =>
      ask(async (cluster) => {
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

  /** What a broker knows; null where it is older than topic ids. */
  const known = (nodeId: string): Promise<readonly TopicMetadata[] | null> => {
    const under = gathering.get(nodeId);
    if (under !== undefined) return under;
    const asked = new Promise((resolve) => setTimeout(resolve, GATHER_MS)).then(() => {
      gathering.delete(nodeId);
      return ask(async (cluster) => {
        const broker = await cluster.findBroker({ nodeId });
        if ((broker.versions?.[METADATA_KEY]?.maxVersion ?? 0) < METADATA_VERSION) return null;
        return broker.connectionPool.send(topicMetadataRequest(topics));
      });
    });
    gathering.set(nodeId, asked);
    return asked;
  };
  const leadersOf = async (partition: number): Promise<ReadonlySet<string>> => {
    if (leaders.size === 0) {
      const found = await ask(async (cluster) =>
        topics.flatMap((topic) => Object.keys(cluster.findLeaderForPartitions(topic, [partition]))),
      );
      return new Set(found);
    }
    const nodes = topics.map((topic) => leaders.get(topic)?.get(partition) ?? -1);
    return new Set(nodes.filter((node) => node >= 0).map(String));
  };

  return {
    recordAt: async (topic, partition, offset) => {
      const found = await fetchAt(topic, partition, offset);
      const record = found?.messages.find((one) => Number(one.offset) === offset && !one.isControlRecord);
      if (record === undefined) return null;
      const mark = markOf({ offset, timestampMs: Number(record.timestamp), value: record.value });
      return { mark, epoch: record.batchContext?.partitionLeaderEpoch ?? -1 };
    },
    nextOffset: async (topic, partition, offset) => {
      const found = await fetchAt(topic, partition, offset);
      const next = found?.messages.find((one) => Number(one.offset) >= offset);
      if (next === undefined) return null;
      return isEndOfEmptied(next) ? Number(next.offset) + 1 : Number(next.offset);
    },
    topicIds: async (partition) => {
      const ids = new Map<string, string | null>();
      const asked = new Set<string>();
      for (let move = 0; move < MOVES; move += 1) {
        const nodes = [...(await leadersOf(partition))].filter((node) => !asked.has(node));
        if (nodes.length === 0 && asked.size > 0) break;
        for (const node of nodes) asked.add(node);
        for (const answer of await Promise.all(nodes.map(known))) {
          if (answer === null) return new Map(topics.map((topic) => [topic, null]));
          leaders = new Map(answer.map((one) => [one.topic, one.leaders]));
          for (const { topic, errorCode, id } of answer) {
            if (errorCode === UNKNOWN_TOPIC) throw new TopicGoneError([topic]);
            ids.set(topic, ids.has(topic) && ids.get(topic) !== id ? DISPUTED : id);
          }
        }
      }
      for (const topic of topics)
        if (!ids.has(topic)) throw new Error(`No broker leads partition ${partition} of ${topic}`);
      return ids;
    },
    close,
  };
}
