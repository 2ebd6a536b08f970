import { setTimeout } from 'node:timers/promises';

const WITHIN_MS = 30_000;
const PAUSE_MS = 100;

/**
 * Asks again, for 30 s, while a broker answers that it cannot tell yet: it does not know the topic, or a partition has no leader or another one, as the topic was
 * made a moment ago or its leader moves. kafkajs repeats only some of these by itself. Throws any other error at once.
 */
export async function withLeaders<T>(ask: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + WITHIN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || performance.now() > endMs) throw error;
      await setTimeout(PAUSE_MS);
    }
  }
}

/** An answer of a broker (other failures kafkajs has tried again already) that Kafka's protocol calls retriable. */
const isPassing = (error: unknown): boolean =>
  error instanceof Error && error.name === 'KafkaJSProtocolError' && 'retriable' in error && error.retriable === true;
