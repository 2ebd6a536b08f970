import { CompressionTypes, type Kafka, type Message, type Producer, type Transaction } from 'kafkajs';
import type { TargetRecord } from '../../projection/records.ts';
import { brokerErrorType, explainAccess } from '../access.ts';
import { explainTransaction } from '../explain-transaction.ts';
import { writableHeaders } from '../writable-headers.ts';
import { chunkRecords } from './chunk-records.ts';

/** A transaction did not commit, or nobody knows whether it did: discard the writer and what it was to write. */
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

/** The only writer of its partition, from its fence until the next writer's. */
export type TransactionalWriter = Readonly<{
  /**
   * Commits these records, each to the writer's partition, in one transaction, unless `proof` rejects: what it proves is then true after the records were
   * made. Rejects with TransactionLostError; after that the writer is of no use. Never call it twice at once.
   */
  commit: (records: readonly TargetRecord[], proof?: () => Promise<void>) => Promise<void>;
  /** Disconnects; an open transaction is left to the next fence, or to the coordinator's timeout. */
  discard: () => Promise<void>;
}>;

/** A writer for more than memory should hold. */
export type PartsWriter = TransactionalWriter &
  Readonly<{
    /** The same for records that come in parts, each written before the next is asked for. What throws as it is asked for aborts the transaction and is thrown as it is. */
    commitParts: (parts: AsyncIterable<readonly TargetRecord[]>) => Promise<void>;
  }>;

/** Rule 8: a dead member must not freeze read_committed readers for a minute. */
export const TRANSACTION_TIMEOUT_MS = 10_000;
const FENCE_ATTEMPTS = 40;
const FENCE_PAUSE_MS = 250;

const fencedTypes: ReadonlySet<string | null> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_TXN_STATE',
]);

/**
 * Fences every earlier writer with this transactional id, whatever it had open is aborted, and keeps the transaction
 * that did so for the first commit (rule 5: `connect()` fences nothing, the first `transaction()` does, once). Rejects
 * when the coordinator does not answer in time.
 */
export async function fence(
  kafka: Kafka,
  transactionalId: string,
  partition: number,
  transactionTimeout = TRANSACTION_TIMEOUT_MS,
): Promise<PartsWriter> {
  const producer = kafka.producer({
    transactionalId,
    maxInFlightRequests: 1,
    transactionTimeout,
    allowAutoTopicCreation: false,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000 },
  });
  const discard = (): Promise<void> => producer.disconnect().catch(() => undefined);
  let first: Transaction | null;
  try {
    await producer.connect();
    first = await beginFirst(producer);
  } catch (error) {
    await discard();
    throw explainAccess(kafka, error, { transactionalId });
  }
  const begin = async (): Promise<Transaction> => {
    const transaction = first ?? (await producer.transaction());
    first = null;
    return transaction;
  };
  const send = async (transaction: Transaction, records: readonly TargetRecord[]): Promise<void> => {
    for (const chunk of chunkRecords(records)) {
      await sendChunk(transaction, chunk, partition).catch(async (error: unknown) => {
        const topics = new Set(chunk.map(({ topic }) => topic));
        throw await explainTransaction(kafka, error, transactionalId, topics, (topic) =>
          sendChunk(
            transaction,
            chunk.filter((record) => record.topic === topic),
            partition,
          ),
        );
      });
    }
  };
  return {
    discard,
    commit: async (records, proof = async () => undefined) => {
      const proven = proof();
      proven.catch(() => undefined);
      try {
        const transaction = await begin();
        await send(transaction, records);
        await proven;
        await transaction.commit();
      } catch (error) {
        throw new TransactionLostError(error);
      }
    },
    commitParts: async (parts) => {
      const transaction = await begin().catch(lost);
      try {
        for await (const part of parts) await send(transaction, part).catch(lost);
      } catch (error) {
        if (!(error instanceof TransactionLostError)) await transaction.abort().catch(() => undefined);
        throw error;
      }
      await transaction.commit().catch(lost);
    },
  };
}

const lost = (error: unknown): never => {
  throw new TransactionLostError(error);
};

/** While the coordinator still aborts the predecessor's transaction it says CONCURRENT_TRANSACTIONS: that passes. */
async function beginFirst(producer: Producer): Promise<Transaction> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await producer.transaction();
    } catch (error) {
      if (attempt === FENCE_ATTEMPTS || brokerErrorType(error) !== 'CONCURRENT_TRANSACTIONS') throw error;
      await new Promise((resolve) => setTimeout(resolve, FENCE_PAUSE_MS));
    }
  }
}

async function sendChunk(transaction: Transaction, chunk: readonly TargetRecord[], partition: number): Promise<void> {
  const byTopic = new Map<string, Message[]>();
  for (const { topic, key, value, headers } of chunk) {
    const messages = byTopic.get(topic) ?? [];
    messages.push({ partition, key, value, ...(headers === undefined ? {} : { headers: writableHeaders(headers) }) });
    byTopic.set(topic, messages);
  }
  const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
  const results = await transaction.sendBatch({ acks: -1, compression: CompressionTypes.None, topicMessages });
  const acknowledged = new Set(results.filter(({ errorCode }) => errorCode === 0).map(({ topicName }) => topicName));
  const missing = topicMessages.find(({ topic }) => !acknowledged.has(topic));
  if (missing !== undefined) throw new Error(`No acknowledgement for ${missing.topic}/${partition}`);
}
