import type { Kafka } from 'kafkajs';
import { explainAccess } from './access.ts';
import { explainTransaction } from './explain-transaction.ts';
import type { OutgoingRecord } from './publisher/outgoing-record.ts';
import { assertAcknowledged, toBatch } from './publisher/to-batch.ts';

/** Writes batches of records, each all or nothing, while no other process does so under the same name. */
export type ExclusiveWriter = Readonly<{
  /** Writes the records in one transaction. Throws if it cannot tell that they are committed; then open a new writer. */
  write: (records: readonly OutgoingRecord[]) => Promise<void>;
  close: () => Promise<void>;
}>;

/**
 * Opens the writer and fences every earlier one with this transactional id: whatever that one had open is aborted, and
 * it cannot commit any more. (`connect` alone fences nothing: kafkajs initialises the id with the first transaction.)
 */
export async function openExclusiveWriter(kafka: Kafka, transactionalId: string): Promise<ExclusiveWriter> {
  const producer = kafka.producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: 10_000,
  });
  try {
    await producer.connect();
    await (await producer.transaction()).abort();
  } catch (error) {
    await producer.disconnect().catch(() => undefined);
    throw explainAccess(kafka, error, { transactionalId });
  }
  return {
    write: async (records) => {
      const transaction = await producer.transaction();
      const send = async (some: readonly OutgoingRecord[]): Promise<void> =>
        assertAcknowledged(some, await transaction.sendBatch(toBatch(some, 10_000)));
      try {
        await send(records);
      } catch (error) {
        const topics = new Set(records.map(({ topic }) => topic));
        const explained = await explainTransaction(kafka, error, transactionalId, topics, (topic) =>
          send(records.filter((record) => record.topic === topic)),
        );
        await transaction.abort().catch(() => undefined);
        throw explained;
      }
      await transaction.commit();
    },
    close: () => producer.disconnect(),
  };
}
