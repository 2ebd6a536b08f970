import kafkajs, { type Kafka } from 'kafkajs';
import { isRefusal } from './access.ts';
import { withAdmin } from './with-admin.ts';

const { ConfigResourceTypes } = kafkajs;
const SETTING = 'max.message.bytes';
/** What a broker takes where nobody has said otherwise; a little less than its default of 1,048,588. */
const DEFAULT_BYTES = 1_000_000;

/** The most bytes that a batch may have in a topic; the default of brokers where this service may not ask. Throws KafkaUnreachableError. */
export function maxMessageBytes(kafka: Kafka, brokers: readonly string[], topic: string): Promise<number> {
  return withAdmin(kafka, brokers, async (admin) => {
    try {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: [SETTING] }],
      });
      const entry = resources[0]?.configEntries.find(({ configName }) => configName === SETTING);
      return Number(entry?.configValue ?? DEFAULT_BYTES);
    } catch (error) {
      if (isRefusal(error)) return DEFAULT_BYTES;
      throw error;
    }
  });
}
