import { setTimeout } from 'node:timers/promises';

const WITHIN_MS = 30_000;
const PAUSE_MS = 100;

/**
 * Repeats a request for up to 30 s while brokers do not know the topic yet or who leads its partitions, as just after a topic was created or
 * while a leader moves. kafkajs retries only some of these errors itself. Throws any other error at once.
 */
export async function withLeaders<T>(request: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + WITHIN_MS;
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!isPassing(error) || performance.now() > endMs) throw error;
      await setTimeout(PAUSE_MS);
    }
  }
}

/** A broker's error that Kafka's protocol calls retriable. Other failures were already retried by kafkajs. */
const isPassing = (error: unknown): boolean =>
  error instanceof Error && error.name === 'KafkaJSProtocolError' && 'retriable' in error && error.retriable === true;
