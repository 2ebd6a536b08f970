import type { Kafka } from 'kafkajs';
import { fromValue, type SchemaIdLog, toRecord, type WrittenId } from '../avro/schema-ids/written-id.ts';
import { topicName } from '../call-events/topics.ts';
import { explainAccess } from './access.ts';
import { readToEnd } from './read-to-end.ts';

/** It is a few records; the rest is joining a group. */
const READ_WITHIN_MS = 20_000;
/** Kafka's NO_TIMESTAMP: the topic gives the broker's time. */
const NO_TIMESTAMP = '-1';

/** The topic `schema-ids`. Groups of its readers begin with `groupPrefix`. Each call, and they are few, has a connection of its own. */
export function schemaIdLog(kafka: Kafka, topicPrefix: string, groupPrefix: string): SchemaIdLog {
  const topic = topicName(topicPrefix, 'schemaIds');
  return {
    read: async () => {
      const newest = new Map<string, WrittenId>();
      for (const { key, value } of await readToEnd(kafka, topic, groupPrefix, READ_WITHIN_MS)) {
        const written = fromValue(value);
        if (written !== null && toRecord(written).key === key) newest.set(key, written);
      }
      return [...newest.values()];
    },
    add: async (written) => {
      const producer = kafka.producer({ allowAutoTopicCreation: false });
      try {
        await producer.connect();
        await producer.send({ topic, acks: -1, messages: [{ ...toRecord(written), timestamp: NO_TIMESTAMP }] });
      } catch (error) {
        throw explainAccess(kafka, error, { topics: { operation: 'Write', names: [topic] } });
      } finally {
        await producer.disconnect().catch(() => undefined);
      }
    },
  };
}
