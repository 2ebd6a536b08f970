import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import type { TopicId } from '../../call-events/topics.ts';
import { explainAccess, isRefusal } from '../access.ts';
import { withLeaders } from '../with-leaders.ts';
import type { FoundTopic } from './setting-problems.ts';

/** `unseen` are those whose settings this service may not see, with the right that is missing, in words. */
export type FoundTopics = Readonly<{
  found: readonly FoundTopic[];
  unseen: readonly Readonly<{ name: string; problem: string }>[];
}>;

/** Asks for the settings of topics that are there. Throws what may pass; a right that is missing, or a Kafka that does not tell settings, does not keep a service from its work. */
export async function findTopics(
  kafka: Kafka,
  admin: Admin,
  topics: readonly TopicId[],
  nameOf: (topic: TopicId) => string,
): Promise<FoundTopics> {
  const { topics: metadata } = await withLeaders(() => admin.fetchTopicMetadata({ topics: topics.map(nameOf) }));
  const found: FoundTopic[] = [];
  const unseen: { name: string; problem: string }[] = [];
  for (const topic of topics) {
    const name = nameOf(topic);
    const partitions = metadata.find((one) => one.name === name)?.partitions ?? [];
    const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
    try {
      const { resources } = await admin.describeConfigs({
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name }],
        includeSynonyms: false,
      });
      const entries = resources.flatMap(({ configEntries }) => configEntries);
      const settings = new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
      found.push({ topic, name, settings, replicas });
    } catch (error) {
      if (!isRefusal(error) && Reflect.get(Object(error), 'retriable') !== false) throw error;
      const explained = explainAccess(kafka, error, { topics: { operation: 'DescribeConfigs', names: [name] } });
      unseen.push({ name, problem: explained instanceof Error ? explained.message : String(explained) });
    }
  }
  return { found, unseen };
}
