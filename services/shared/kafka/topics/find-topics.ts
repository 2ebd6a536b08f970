import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import type { TopicId } from '../../call-events/topics.ts';
import { withLeaders } from '../client/with-leaders.ts';
import { explainAccess, isRefusal } from '../refusals/access.ts';
import type { FoundTopic } from './setting-problems.ts';

/** `unseen` are topics whose settings this service may not see, each with a description of the missing right. */
export type FoundTopics = Readonly<{
  found: readonly FoundTopic[];
  unseen: readonly Readonly<{ name: string; problem: string }>[];
}>;

/** Fetches the settings of existing topics. Throws retriable errors; a missing right, or a Kafka that reports no settings, must not stop a service. */
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
