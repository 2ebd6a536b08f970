import type { Kafka } from 'kafkajs';
import type { LogEnd } from './table-reader-log-end.ts';

/** Asks for the readable ends of every partition of some topics. */
export type EndsQuestion = Readonly<{
  /** Throws what the broker or kafkajs says; the next question then begins on a new connection. */
  ask: () => Promise<readonly LogEnd[]>;
  close: () => Promise<void>;
}>;

/**
 * One connection while answers come. After an error it is closed, as only that makes kafkajs forget who led a partition: it would ask the former leader for
 * 5 minutes, and be told each time that this is not the leader.
 */
export function createEndsQuestion(kafka: Kafka, topics: readonly string[]): EndsQuestion {
  const admin = kafka.admin();
  let closed = false;
  const disconnect = (): Promise<void> => admin.disconnect().catch(() => undefined);
  const endsOf = async (topic: string): Promise<readonly LogEnd[]> =>
    (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
      topic,
      partition,
      low: Number(low),
      high: Number(high),
    }));
  return {
    ask: async () => {
      try {
        await admin.connect();
        return (await Promise.all(topics.map(endsOf))).flat();
      } catch (error) {
        await disconnect();
        throw error;
      } finally {
        if (closed) await disconnect();
      }
    },
    close: async () => {
      closed = true;
      await disconnect();
    },
  };
}
