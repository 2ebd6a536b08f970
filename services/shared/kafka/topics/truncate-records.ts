import type { Kafka } from 'kafkajs';
import { withAdmin } from '../client/with-admin.ts';
import { explainAccess } from '../refusals/access.ts';

/** Deletes the records of these partitions before `offset`. A partition that already starts there, or later, is left unchanged. */
export async function truncateRecords(
  kafka: Kafka,
  brokers: readonly string[],
  topic: string,
  before: readonly Readonly<{ partition: number; offset: number }>[],
): Promise<void> {
  await withAdmin(kafka, brokers, async (admin) => {
    try {
      // deleteTopicRecords relies on metadata that it does not fetch itself; this call fetches it.
      await admin.fetchTopicOffsets(topic);
      const partitions = before.map(({ partition, offset }) => ({ partition, offset: String(offset) }));
      await admin.deleteTopicRecords({ topic, partitions });
    } catch (error) {
      throw explainAccess(kafka, error, { topics: { operation: 'Delete', names: [topic] } });
    }
  });
}
