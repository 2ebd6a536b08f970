import kafkajs, { type Kafka } from 'kafkajs';
import { withAdmin } from '../client/with-admin.ts';
import { isRefusal } from '../refusals/access.ts';

const { ConfigResourceTypes } = kafkajs;
const SETTING = 'max.message.bytes';
/** Slightly less than the broker's default of 1,048,588. */
const DEFAULT_BYTES = 1_000_000;

/** The largest batch that a topic accepts, in bytes; the broker's default if this service may not read the setting. Throws KafkaUnreachableError. */
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
