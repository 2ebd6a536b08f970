import { ensureTopics } from '../shared/kafka/ensure-topics.ts';
import { errorFields, type Logger } from '../shared/observability/logger.ts';
import { summaryOf } from '../shared/observability/summarise.ts';
import { attemptWithKafka } from './attempt-with-kafka.ts';
import type { IngressConfig } from './config.ts';
import { ingressTopics } from './topics.ts';
import { untilDone } from './until-done.ts';

/**
 * Sees to the topics in the background, until they are as they should be: webhooks are spooled meanwhile. What only a person can change is logged like an
 * outage, and tried again. Stopped by what it returns.
 */
export function prepareTopics(config: IngressConfig, logger: Logger, onProblem: () => void): () => void {
  const attempt = (): Promise<void> =>
    attemptWithKafka(config, logger, onProblem, (kafka) => ensureTopics(kafka, ingressTopics, config.kafka, logger));
  return untilDone(attempt, (error) =>
    summaryOf(logger).warn('topics-awaited', error instanceof Error ? error.name : '', errorFields(error)),
  );
}
