import { TopicGoneError } from './log-changed.ts';
import type { LookupConnection } from './lookup-connection.ts';
import { METADATA_KEY, METADATA_VERSION, type TopicMetadata, topicMetadataRequest } from './topic-metadata.ts';

/** By topic; null if a broker reports no ids (before Kafka 2.8). */
export type TopicIds = ReadonlyMap<string, string | null>;

export type TopicIdLookup = Readonly<{
  /** The ids as reported by the brokers that lead this partition of the topics. */
  topicIds: (partition: number) => Promise<TopicIds>;
  /** Forgets who leads: the next lookup asks the cluster. */
  forgetLeaders: () => void;
}>;

const UNKNOWN_TOPIC = 3;
/** How many times one lookup follows partitions that move to another leader. */
const MAX_MOVES = 3;
/** Stands for an id when two brokers disagree, because the topic has just been recreated. */
const DISPUTED = 'disputed';
/** Lookups within this time share one request to each broker. */
const GATHER_MS = 3;

export function createTopicIdLookup(
  connection: Pick<LookupConnection, 'use'>,
  topics: readonly string[],
): TopicIdLookup {
  let leaders: ReadonlyMap<string, ReadonlyMap<number, number>> = new Map();
  const gathering = new Map<string, Promise<readonly TopicMetadata[] | null>>();

  /** What a broker reports; null if it is too old for topic ids. */
  const metadataOf = (nodeId: string): Promise<readonly TopicMetadata[] | null> => {
    const gathered = gathering.get(nodeId);
    if (gathered !== undefined) return gathered;
    const fetched = new Promise((resolve) => setTimeout(resolve, GATHER_MS)).then(() => {
      gathering.delete(nodeId);
      return connection.use(async (cluster) => {
        const broker = await cluster.findBroker({ nodeId });
        if ((broker.versions?.[METADATA_KEY]?.maxVersion ?? 0) < METADATA_VERSION) return null;
        return broker.connectionPool.send(topicMetadataRequest(topics));
      });
    });
    gathering.set(nodeId, fetched);
    return fetched;
  };
  const leadersOf = async (partition: number): Promise<ReadonlySet<string>> => {
    if (leaders.size === 0) {
      const found = await connection.use(async (cluster) =>
        topics.flatMap((topic) => Object.keys(cluster.findLeaderForPartitions(topic, [partition]))),
      );
      return new Set(found);
    }
    const nodes = topics.map((topic) => leaders.get(topic)?.get(partition) ?? -1);
    return new Set(nodes.filter((node) => node >= 0).map(String));
  };

  return {
    forgetLeaders: () => {
      leaders = new Map();
    },
    topicIds: async (partition) => {
      const ids = new Map<string, string | null>();
      const asked = new Set<string>();
      for (let move = 0; move < MAX_MOVES; move += 1) {
        const nodes = [...(await leadersOf(partition))].filter((node) => !asked.has(node));
        if (nodes.length === 0 && asked.size > 0) break;
        for (const node of nodes) asked.add(node);
        for (const reported of await Promise.all(nodes.map(metadataOf))) {
          if (reported === null) return new Map(topics.map((topic) => [topic, null]));
          leaders = new Map(reported.map((one) => [one.topic, one.leaders]));
          for (const { topic, errorCode, id } of reported) {
            if (errorCode === UNKNOWN_TOPIC) throw new TopicGoneError([topic]);
            ids.set(topic, ids.has(topic) && ids.get(topic) !== id ? DISPUTED : id);
          }
        }
      }
      for (const topic of topics)
        if (!ids.has(topic)) throw new Error(`No broker leads partition ${partition} of ${topic}`);
      return ids;
    },
  };
}
