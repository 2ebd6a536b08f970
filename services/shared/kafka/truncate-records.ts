import type { Kafka } from 'kafkajs';
import { explainAccess } from './access.ts';
import { withAdmin } from './with-admin.ts';

/** Deletes the records of these partitions before `offset`; a partition that begins there, or later, is left as it is. */
export async function truncateRecords(
  kafka: Kafka,
  brokers: readonly string[],
  topic: string,
  before: readonly Readonly<{ partition: number; offset: number }>[],
): Promise<void> {
  await withAdmin(kafka, brokers, async (admin) => {
    try {
      // deleteTopicRecords looks for leaders in metadata that it does not ask for, and fails where nothing else has asked: this does.
      await admin.fetchTopicOffsets(topic);
      const partitions = before.map(({ partition, offset }) => ({ partition, offset: String(offset) }));
      await admin.deleteTopicRecords({ topic, partitions });
    } catch (error) {
      throw explainAccess(kafka, error, { topics: { operation: 'Delete', names: [topic] } });
    }
  });
}
