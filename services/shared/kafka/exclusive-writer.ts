import type { Kafka, Producer } from 'kafkajs';
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
    throw error;
  }
  return {
    write: (records) => writeInTransaction(producer, records),
    close: () => producer.disconnect(),
  };
}

async function writeInTransaction(producer: Producer, records: readonly OutgoingRecord[]): Promise<void> {
  const transaction = await producer.transaction();
  try {
    const results = await transaction.sendBatch(toBatch(records, 10_000));
    assertAcknowledged(records, results);
  } catch (error) {
    await transaction.abort().catch(() => undefined);
    throw error;
  }
  await transaction.commit();
}
