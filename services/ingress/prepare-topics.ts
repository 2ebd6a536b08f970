import { createSeverableKafka } from '../shared/kafka/connection.ts';
import { ensureTopics } from '../shared/kafka/ensure-topics.ts';
import { errorFields, type Logger } from '../shared/observability/logger.ts';
import { summaryOf } from '../shared/observability/summarise.ts';
import type { IngressConfig } from './config.ts';
import { ingressTopics } from './topics.ts';
import { untilDone } from './until-done.ts';

const ATTEMPT_WITHIN_MS = 30_000;

/**
 * Sees to the topics in the background, until they are as they should be: webhooks are spooled meanwhile. What only a person can change is logged like an
 * outage, and tried again. Stopped by what it returns.
 */
export function prepareTopics({ kafka }: IngressConfig, logger: Logger, onProblem: () => void): () => void {
  const attempt = async (): Promise<void> => {
    const client = createSeverableKafka(kafka, 'vxt-ingress', logger, {
      requestTimeout: 5_000,
      retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 500 },
      onProblem,
    });
    // By Node's timers, which are monotonic: kafkajs's own time-outs rest on the wall clock.
    const timer = setTimeout(client.sever, ATTEMPT_WITHIN_MS);
    timer.unref();
    try {
      await ensureTopics(client.kafka, ingressTopics, kafka, logger);
    } finally {
      clearTimeout(timer);
    }
  };
  return untilDone(attempt, (error) =>
    summaryOf(logger).warn('topics-awaited', error instanceof Error ? error.name : '', errorFields(error)),
  );
}
