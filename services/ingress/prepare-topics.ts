import { ensureTopics, TopicSettingsError } from '../shared/kafka/ensure-topics.ts';
import { errorFields, type Logger } from '../shared/observability/logger.ts';
import { summaryOf } from '../shared/observability/summarise.ts';
import { attemptWithKafka } from './attempt-with-kafka.ts';
import type { IngressConfig } from './config.ts';
import { ingressTopics } from './topics.ts';
import { untilDone } from './until-done.ts';

export type TopicPreparation = Readonly<{
  /** Why nothing may be published: settings of a topic under which what is acknowledged may be lost; null where there are none, or nobody knows yet. */
  problem: () => string | null;
  stop: () => void;
}>;

/**
 * Sees to the topics in the background, until they are as they should be: webhooks are spooled meanwhile. What only a person can change is logged like an
 * outage, and tried again.
 */
export function prepareTopics(config: IngressConfig, logger: Logger, onProblem: () => void): TopicPreparation {
  let problem: string | null = null;
  const attempt = async (): Promise<void> => {
    await attemptWithKafka(config, logger, onProblem, (kafka) =>
      ensureTopics(kafka, ingressTopics, config.kafka, logger),
    );
    problem = null;
  };
  const stop = untilDone(attempt, (error) => {
    if (error instanceof TopicSettingsError) problem = error.message;
    summaryOf(logger).warn('topics-awaited', error instanceof Error ? error.name : '', errorFields(error));
  });
  return { problem: () => problem, stop };
}
