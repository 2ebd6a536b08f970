import { ensureTopics, TopicSettingsError } from '../../shared/kafka/topics/ensure-topics.ts';
import { errorFields, type Logger } from '../../shared/observability/logger.ts';
import { summaryOf } from '../../shared/observability/summarise.ts';
import type { IngressConfig } from '../config.ts';
import { retryInBackground } from './retry-in-background.ts';
import { ingressTopics } from './topics.ts';
import { withKafkaClient } from './with-kafka-client.ts';

export type TopicPreparation = Readonly<{
  /** Why nothing may be published: a topic's settings could lose acknowledged records. Null if they cannot, or have not been checked yet. */
  problem: () => string | null;
  stop: () => void;
}>;

/** Creates and checks topics in the background until they are as they should be; webhooks are spooled meanwhile. Wrong settings are logged and checked again, like an outage. */
export function prepareTopics(config: IngressConfig, logger: Logger, onProblem: () => void): TopicPreparation {
  let problem: string | null = null;
  const attempt = async (): Promise<void> => {
    await withKafkaClient(config, logger, onProblem, (kafka) =>
      ensureTopics(kafka, ingressTopics, config.kafka, logger),
    );
    problem = null;
  };
  const stop = retryInBackground(attempt, (error) => {
    if (error instanceof TopicSettingsError) problem = error.message;
    summaryOf(logger).warn('topics-awaited', error instanceof Error ? error.name : '', errorFields(error));
  });
  return { problem: () => problem, stop };
}
