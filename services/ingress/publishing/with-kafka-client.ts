import { createSeverableKafka, type SeverableKafka } from '../../shared/kafka/client/connection.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { IngressConfig } from '../config.ts';

const TIMEOUT_MS = 30_000;

/** Runs `work` once, with a Kafka client of its own that is disconnected after 30 s. Throws what `work` throws; retrying is up to the caller. */
export async function withKafkaClient<T>(
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
  // Node's timers are monotonic; kafkajs's own timeouts depend on the wall clock.
  const timer = setTimeout(client.sever, TIMEOUT_MS);
  timer.unref();
  try {
    return await work(client.kafka);
  } finally {
    clearTimeout(timer);
  }
}
