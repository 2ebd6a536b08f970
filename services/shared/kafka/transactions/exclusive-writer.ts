import type { Kafka } from 'kafkajs';
import type { OutgoingRecord } from '../publisher/outgoing-record.ts';
import { toMessage } from '../publisher/to-batch.ts';
import { openFencedProducer, TRANSACTION_TIMEOUT_MS } from './fenced-producer.ts';

/** Writes batches of records, each all or nothing, until another process opens a writer with the same transactional id. */
export type ExclusiveWriter = Readonly<{
  /**
   * Writes the records in one request and one transaction. Throws unless they are known to be committed; then open a new writer.
   */
  write: (records: readonly OutgoingRecord[]) => Promise<void>;
  close: () => Promise<void>;
}>;

/** Opens the writer and fences every earlier one: whatever that one had open is aborted, and it cannot commit any more. */
export async function openExclusiveWriter(kafka: Kafka, transactionalId: string): Promise<ExclusiveWriter> {
  const producer = await openFencedProducer<OutgoingRecord>(kafka, {
    transactionalId,
    transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
    ackTimeoutMs: 10_000,
    config: { idempotent: true },
    fencingTransaction: 'abort',
    toMessage,
  });
  return {
    write: async (records) => {
      const transaction = await producer.begin();
      try {
        await transaction.send(records);
      } catch (error) {
        await transaction.abort().catch(() => undefined);
        throw error;
      }
      await transaction.commit();
    },
    close: producer.disconnect,
  };
}
