import type { Kafka, Message, Producer, ProducerConfig, Transaction } from 'kafkajs';
import { assertAcknowledged, toBatch } from '../publisher/to-batch.ts';
import { brokerErrorType, explainAccess } from '../refusals/access.ts';
import { explainTransaction } from '../refusals/explain-transaction.ts';

/** The producer behind every writer of transactions. It fenced all earlier producers with its transactional id. */
export type FencedProducer<R> = Readonly<{
  /** Begins a transaction. Call it only after the previous one ended. */
  begin: () => Promise<OpenTransaction<R>>;
  /** Leaves an open transaction to the next fence or to the coordinator's timeout. */
  disconnect: () => Promise<void>;
}>;

export type OpenTransaction<R> = Readonly<{
  /**
   * Sends the records in one request. Rejects unless the broker acknowledged every partition; with KafkaAccessError where a right is
   * missing. After a rejection the transaction can only be aborted.
   */
  send: (records: readonly R[]) => Promise<void>;
  commit: () => Promise<void>;
  abort: () => Promise<void>;
}>;

export type FencedProducerOptions<R> = Readonly<{
  transactionalId: string;
  transactionTimeoutMs: number;
  /** How long the brokers may wait for their replicas. */
  ackTimeoutMs: number;
  config?: Pick<ProducerConfig, 'allowAutoTopicCreation' | 'idempotent' | 'retry'>;
  /**
   * `keep`: the transaction that fenced is the first that `begin` returns. `abort`: it ends at once, for a writer that may have nothing
   * to write before the coordinator's timeout.
   */
  fencingTransaction: 'keep' | 'abort';
  /** Must set the partition. */
  toMessage: (record: R) => Message;
}>;

/** A dead writer must not block read_committed readers for kafkajs's default of a minute. */
export const TRANSACTION_TIMEOUT_MS = 10_000;
const FENCE_ATTEMPTS = 40;
const FENCE_PAUSE_MS = 250;

/**
 * Fences every earlier producer with this transactional id and aborts whatever it had open. `connect()` alone fences nothing: kafkajs
 * initialises the id in the first `transaction()`, once per producer (shared/kafka/README.md, rule 5). Rejects if the coordinator does
 * not answer in time.
 */
export async function openFencedProducer<R extends Readonly<{ topic: string }>>(
  kafka: Kafka,
  options: FencedProducerOptions<R>,
): Promise<FencedProducer<R>> {
  const { transactionalId, transactionTimeoutMs, config, fencingTransaction } = options;
  const producer = kafka.producer({
    transactionalId,
    maxInFlightRequests: 1,
    transactionTimeout: transactionTimeoutMs,
    ...config,
  });
  let kept: Transaction | null = null;
  try {
    await producer.connect();
    const fencing = await fence(producer);
    if (fencingTransaction === 'keep') kept = fencing;
    else await fencing.abort();
  } catch (error) {
    await producer.disconnect().catch(() => undefined);
    throw explainAccess(kafka, error, { transactionalId });
  }
  return {
    begin: async () => {
      const transaction = kept ?? (await producer.transaction());
      kept = null;
      return {
        send: (records) => send(kafka, transaction, records, options),
        commit: () => transaction.commit(),
        abort: () => transaction.abort(),
      };
    },
    disconnect: () => producer.disconnect(),
  };
}

/** While the coordinator is still aborting the predecessor's transaction it answers CONCURRENT_TRANSACTIONS, which passes. */
async function fence(producer: Producer): Promise<Transaction> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await producer.transaction();
    } catch (error) {
      if (attempt === FENCE_ATTEMPTS || brokerErrorType(error) !== 'CONCURRENT_TRANSACTIONS') throw error;
      await new Promise((resolve) => setTimeout(resolve, FENCE_PAUSE_MS));
    }
  }
}

async function send<R extends Readonly<{ topic: string }>>(
  kafka: Kafka,
  transaction: Transaction,
  records: readonly R[],
  { transactionalId, toMessage, ackTimeoutMs }: FencedProducerOptions<R>,
): Promise<void> {
  const sendSome = async (some: readonly R[]): Promise<void> => {
    const batch = toBatch(some, toMessage, ackTimeoutMs);
    assertAcknowledged(batch, await transaction.sendBatch(batch));
  };
  await sendSome(records).catch(async (error: unknown) => {
    const topics = new Set(records.map(({ topic }) => topic));
    const sendAlone = (topic: string) => sendSome(records.filter((record) => record.topic === topic));
    throw await explainTransaction(kafka, error, transactionalId, topics, sendAlone);
  });
}
