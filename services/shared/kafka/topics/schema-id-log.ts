import type { Kafka } from 'kafkajs';
import { fromValue, type SchemaIdLog, toRecord, type WrittenId } from '../../avro/schema-ids/written-id.ts';
import { topicName } from '../../call-events/topics.ts';
import { NO_TIMESTAMP } from '../publisher/to-batch.ts';
import { explainAccess } from '../refusals/access.ts';
import { readToEnd } from '../table-reader/read-to-end.ts';

/** There are only a few records; most of the time is joining a group. */
const READ_WITHIN_MS = 20_000;

/** The topic `schema-ids`. The groups of its readers start with `groupPrefix`. Calls are rare, so each opens its own connection. */
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
