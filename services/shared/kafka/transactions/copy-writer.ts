import type { Kafka, Message } from 'kafkajs';
import type { TargetRecord } from '../../projection/records.ts';
import { NO_TIMESTAMP } from '../publisher/to-batch.ts';
import { chunkRecords } from './chunk-records.ts';
import { openFencedProducer, TRANSACTION_TIMEOUT_MS } from './fenced-producer.ts';
import { writableHeaders } from './writable-headers.ts';

/** A record copied from another topic, with its destination. */
export type CopiedRecord = TargetRecord & Readonly<{ partition: number }>;

/** Writes copies of records, byte for byte, until another process opens a writer with the same transactional id. */
export type CopyWriter = Readonly<{
  /** Writes the records, in order, in one transaction. Throws unless they are known to be committed; then the writer is of no further use. */
  write: (records: readonly CopiedRecord[]) => Promise<void>;
  close: () => Promise<void>;
}>;

/** Opens the writer and fences every earlier one: whatever that one had open is aborted. */
export async function openCopyWriter(kafka: Kafka, transactionalId: string): Promise<CopyWriter> {
  const producer = await openFencedProducer(kafka, {
    transactionalId,
    transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
    ackTimeoutMs: 30_000,
    config: { idempotent: true, allowAutoTopicCreation: false },
    fencingTransaction: 'abort',
    toMessage,
  });
  return {
    write: async (records) => {
      const transaction = await producer.begin();
      for (const chunk of chunkRecords(records)) await transaction.send(chunk);
      await transaction.commit();
    },
    close: () => producer.disconnect().catch(() => undefined),
  };
}

const toMessage = ({ partition, key, value, headers = {} }: CopiedRecord): Message => ({
  partition,
  key,
  value,
  headers: writableHeaders(headers),
  timestamp: NO_TIMESTAMP,
});
