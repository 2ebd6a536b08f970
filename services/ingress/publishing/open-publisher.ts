import { topicName } from '../../shared/call-events/topics.ts';
import { boundedClient } from '../../shared/kafka/client/bounded-client.ts';
import { type BrokerWatch, watchBrokers } from '../../shared/kafka/client/broker-watch.ts';
import { createSeverableKafka, type SeverableKafka } from '../../shared/kafka/client/connection.ts';
import type { LaneObserver } from '../../shared/kafka/publisher/lane-observer.ts';
import { createPublisher, type Publisher } from '../../shared/kafka/publisher/publisher.ts';
import { errorFields } from '../../shared/observability/logger.ts';
import { summaryOf } from '../../shared/observability/summarise.ts';
import type { SinkOptions } from './sink.ts';
import { ingressTopics } from './topics.ts';

/** Opens the producers of this process, with metrics and log. */
export function openPublisher(options: SinkOptions, deadlineMs: number): Publisher {
  const { config, metrics } = options;
  const topics = ingressTopics.writes.map((topic) => topicName(config.kafka.topicPrefix, topic));
  const limits = { ...config.publish, deadlineMs };
  const publisher = createPublisher(() => createClient(options, deadlineMs), topics, limits, observeLanes(options));
  metrics.exposePublisher(publisher);
  return publisher;
}

/** Watches the brokers over a connection of its own. */
export const watchBrokersFor = (options: SinkOptions): BrokerWatch =>
  watchBrokers({
    createClient: () => createClient(options, options.config.publish.deadlineMs),
    logger: options.logger,
  });

function createClient({ config, metrics, logger }: SinkOptions, deadlineMs: number): SeverableKafka {
  const limits = { ...boundedClient(deadlineMs), onProblem: metrics.kafkaProblem };
  return createSeverableKafka(config.kafka, 'vxt-ingress', logger, limits);
}

function observeLanes({ metrics, logger }: SinkOptions): LaneObserver {
  const summary = summaryOf(logger);
  return {
    ...metrics.lanes,
    renewed: (error) => {
      metrics.lanes.renewed(error);
      const fields = error === null ? {} : errorFields(error);
      summary.warn('lane-renewed', String(fields.problem), fields);
    },
    refused: (refusal) => {
      metrics.lanes.refused(refusal);
      const { topic, partition, errorType, error } = refusal;
      const fields = { topic, partition, ...errorFields(error), errorType };
      summary.error('publish-refused', `${topic} ${errorType}`, fields);
    },
  };
}
