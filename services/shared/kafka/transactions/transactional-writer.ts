import type { Kafka, Message } from 'kafkajs';
import type { TargetRecord } from '../../projection/records.ts';
import { brokerErrorType } from '../refusals/access.ts';
import { chunkRecords } from './chunk-records.ts';
import { type OpenTransaction, openFencedProducer, TRANSACTION_TIMEOUT_MS } from './fenced-producer.ts';
import { writableHeaders } from './writable-headers.ts';

/** A transaction did not commit, or its outcome is unknown: discard the writer and what it was to write. */
export class TransactionLostError extends Error {
  override readonly name = 'TransactionLostError';
  readonly retriable = true;
  /** Another writer with the same transactional id has begun, or the coordinator gave this one up. */
  readonly fenced: boolean;

  constructor(cause: unknown) {
    super(`Transaction lost: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.fenced = fencedTypes.has(brokerErrorType(cause));
  }
}

const fencedTypes: ReadonlySet<string | null> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_TXN_STATE',
]);

/** The only writer of its partition, from its fence until the next writer's. */
export type TransactionalWriter = Readonly<{
  /**
   * Commits these records to the writer's partition in one transaction, unless `proof` rejects. The proof starts with the call, so what
   * it proves held after the records were made. Rejects with TransactionLostError; the writer is then of no further use. Never
   * call it while an earlier call is pending.
   */
  commit: (records: readonly TargetRecord[], proof?: () => Promise<void>) => Promise<void>;
  /** Disconnects and leaves an open transaction to the next fence, or to the coordinator's timeout. Never rejects. */
  discard: () => Promise<void>;
}>;

/** A writer that can also commit more records than memory should hold. */
export type PartsWriter = TransactionalWriter &
  Readonly<{
    /**
     * As `commit`, for records that arrive in parts, each written before the next is requested. An error of the iterable aborts the
     * transaction and is rethrown unchanged.
     */
    commitParts: (parts: AsyncIterable<readonly TargetRecord[]>) => Promise<void>;
  }>;

/**
 * Fences every earlier writer with this transactional id, aborts whatever it had open, and keeps the transaction that did so for the
 * first commit. Rejects if the coordinator does not answer in time.
 */
export async function fence(
  kafka: Kafka,
  transactionalId: string,
  partition: number,
  transactionTimeoutMs = TRANSACTION_TIMEOUT_MS,
): Promise<PartsWriter> {
  const producer = await openFencedProducer<TargetRecord>(kafka, {
    transactionalId,
    transactionTimeoutMs,
    ackTimeoutMs: 30_000,
    config: { allowAutoTopicCreation: false, retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000 } },
    fencingTransaction: 'keep',
    toMessage: (record) => toMessage(record, partition),
  });
  return {
    discard: () => producer.disconnect().catch(() => undefined),
    commit: async (records, proof = async () => undefined) => {
      const proven = proof();
      proven.catch(() => undefined);
      try {
        const transaction = await producer.begin();
        await sendChunks(transaction, records);
        await proven;
        await transaction.commit();
      } catch (error) {
        throw new TransactionLostError(error);
      }
    },
    commitParts: async (parts) => {
      const transaction = await producer.begin().catch(lost);
      try {
        for await (const part of parts) await sendChunks(transaction, part).catch(lost);
      } catch (error) {
        if (!(error instanceof TransactionLostError)) await transaction.abort().catch(() => undefined);
        throw error;
      }
      await transaction.commit().catch(lost);
    },
  };
}

async function sendChunks(transaction: OpenTransaction<TargetRecord>, records: readonly TargetRecord[]): Promise<void> {
  for (const chunk of chunkRecords(records)) await transaction.send(chunk);
}

const lost = (error: unknown): never => {
  throw new TransactionLostError(error);
};

const toMessage = ({ key, value, headers }: TargetRecord, partition: number): Message => ({
  partition,
  key,
  value,
  ...(headers === undefined ? {} : { headers: writableHeaders(headers) }),
});
