import type { Kafka } from 'kafkajs';
import type { LogEnd } from './table-reader-log-end.ts';

/** Asks for the readable ends of every partition of some topics. */
export type EndsQuestion = Readonly<{
  /** Throws what the broker or kafkajs says; the next question then begins on a new connection. */
  ask: () => Promise<readonly LogEnd[]>;
  /** As `ask`, but for where the records of this log time (Unix time in milliseconds) and later ones begin: at the end where there is none. */
  since: (ms: number) => Promise<readonly Readonly<{ topic: string; partition: number; offset: number }>[]>;
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
  const ofAll = async <T>(of: (topic: string) => Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      await admin.connect();
      return (await Promise.all(topics.map(of))).flat();
    } catch (error) {
      await disconnect();
      throw error;
    } finally {
      if (closed) await disconnect();
    }
  };
  return {
    ask: () => ofAll(endsOf),
    since: (ms) =>
      ofAll(async (topic) =>
        (await admin.fetchTopicOffsetsByTimestamp(topic, ms)).map(({ partition, offset }) => ({
          topic,
          partition,
          offset: Number(offset),
        })),
      ),
    close: async () => {
      closed = true;
      await disconnect();
    },
  };
}
