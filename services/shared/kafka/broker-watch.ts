import type { Kafka } from 'kafkajs';

/** Tells whether a broker answered lately. */
export type BrokerWatch = Readonly<{
  /** Milliseconds since a broker last answered; null before the first answer. */
  answeredAgoMs: () => number | null;
  stop: () => Promise<void>;
}>;

const EVERY_MS = 3_000;

/** Asks for the metadata of `topic` every 3 s, so that an outage shows also while nothing is published. */
export function watchBroker(kafka: Kafka, topic: string, now: () => number): BrokerWatch {
  const admin = kafka.admin();
  let answeredMs: number | null = null;
  let asking: Promise<void> = Promise.resolve();
  let connected = false;

  const ask = async (): Promise<void> => {
    try {
      if (!connected) await admin.connect();
      connected = true;
      await admin.fetchTopicMetadata({ topics: [topic] });
      answeredMs = now();
    } catch {
      connected = false;
    }
  };
  let idle = true;
  const tick = (): void => {
    if (!idle) return;
    idle = false;
    asking = ask().finally(() => {
      idle = true;
    });
  };
  tick();
  const timer = setInterval(tick, EVERY_MS);
  timer.unref();
  return {
    answeredAgoMs: () => (answeredMs === null ? null : now() - answeredMs),
    stop: async () => {
      clearInterval(timer);
      await asking;
      await admin.disconnect().catch(() => undefined);
    },
  };
}
