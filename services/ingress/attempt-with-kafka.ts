import { createSeverableKafka, type SeverableKafka } from '../shared/kafka/connection.ts';
import type { Logger } from '../shared/observability/logger.ts';
import type { IngressConfig } from './config.ts';

const ATTEMPT_WITHIN_MS = 30_000;

/** One attempt at `work`, with a client of its own that is cut off after 30 s; to be made again. Throws what `work` throws. */
export async function attemptWithKafka<T>(
  { kafka: settings }: IngressConfig,
  logger: Logger,
  onProblem: () => void,
  work: (kafka: SeverableKafka['kafka']) => Promise<T>,
): Promise<T> {
  const client = createSeverableKafka(settings, 'vxt-ingress', logger, {
    requestTimeout: 5_000,
    retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 500 },
    onProblem,
  });
  // By Node's timers, which are monotonic: kafkajs's own time-outs rest on the wall clock.
  const timer = setTimeout(client.sever, ATTEMPT_WITHIN_MS);
  timer.unref();
  try {
    return await work(client.kafka);
  } finally {
    clearTimeout(timer);
  }
}
