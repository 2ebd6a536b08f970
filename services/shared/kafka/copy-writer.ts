import { CompressionTypes, type Kafka, type Message, type Transaction } from 'kafkajs';
import type { TargetRecord } from '../projection/records.ts';
import { explainAccess } from './access.ts';
import { explainTransaction } from './explain-transaction.ts';
import { chunkRecords } from './projection/chunk-records.ts';
import { writableHeaders } from './writable-headers.ts';

/** No time of ours: the topic gives it the broker's. */
const NO_TIMESTAMP = '-1';

/** A record as it is in another topic, and where it goes. */
export type CopiedRecord = TargetRecord & Readonly<{ partition: number }>;

/** Writes copies of records, byte for byte, while no other process does so under the same name. */
export type CopyWriter = Readonly<{
  /** Writes the records, in their order, in one transaction. Throws if it cannot tell that they are committed; the writer is of no use then. */
  write: (records: readonly CopiedRecord[]) => Promise<void>;
  close: () => Promise<void>;
}>;

/** Opens the writer and fences every earlier one with this transactional id: what that one had open is aborted. */
export async function openCopyWriter(kafka: Kafka, transactionalId: string): Promise<CopyWriter> {
  const producer = kafka.producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: 10_000,
    allowAutoTopicCreation: false,
  });
  const close = (): Promise<void> => producer.disconnect().catch(() => undefined);
  try {
    await producer.connect();
    await (await producer.transaction()).abort();
  } catch (error) {
    await close();
    throw explainAccess(kafka, error, { transactionalId });
  }
  return {
    close,
    write: async (records) => {
      const transaction = await producer.transaction();
      for (const chunk of chunkRecords(records)) {
        await send(transaction, chunk).catch(async (error: unknown) => {
          const topics = new Set(chunk.map(({ topic }) => topic));
          throw await explainTransaction(kafka, error, transactionalId, topics, (topic) =>
            send(
              transaction,
              chunk.filter((record) => record.topic === topic),
            ),
          );
        });
      }
      await transaction.commit();
    },
  };
}

async function send(transaction: Transaction, records: readonly CopiedRecord[]): Promise<void> {
  const topicMessages = [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, some]) => ({
    topic,
    messages: some.map(toMessage),
  }));
  const results = await transaction.sendBatch({ acks: -1, compression: CompressionTypes.None, topicMessages });
  const written = new Set(results.flatMap((one) => (one.errorCode === 0 ? [`${one.topicName}/${one.partition}`] : [])));
  const missing = records.find(({ topic, partition }) => !written.has(`${topic}/${partition}`));
  if (missing !== undefined) throw new Error(`No acknowledgement for ${missing.topic}/${missing.partition}`);
}

const toMessage = ({ partition, key, value, headers = {} }: CopiedRecord): Message => ({
  partition,
  key,
  value,
  headers: writableHeaders(headers),
  timestamp: NO_TIMESTAMP,
});
