import { connectRegistry } from '../../shared/avro/registry.ts';
import { checkRegistry } from '../../shared/avro/schema-ids/checked-registry.ts';
import { createSeverableKafka } from '../../shared/kafka/client/connection.ts';
import { ensureTopics } from '../../shared/kafka/topics/ensure-topics.ts';
import { schemaIdLog } from '../../shared/kafka/topics/schema-id-log.ts';
import { createEncoders } from './create-encoders.ts';
import { openPublisher, watchBrokersFor } from './open-publisher.ts';
import type { OpenedSink, Sink, SinkOptions } from './sink.ts';
import { ingressTopics, readerGroupPrefix } from './topics.ts';

/** Publishes to Kafka only. Resolves once topics and schemas exist; rejects if Kafka or the registry is unavailable or refuses. */
export async function openSink(options: SinkOptions): Promise<OpenedSink> {
  const { config, logger, metrics } = options;
  const { kafka } = createSeverableKafka(config.kafka, 'vxt-ingress', logger, { onProblem: metrics.kafkaProblem });
  await ensureTopics(kafka, ingressTopics, config.kafka, logger);
  const ids = schemaIdLog(kafka, config.kafka.topicPrefix, readerGroupPrefix(config.kafka.topicPrefix));
  const registry = await checkRegistry(connectRegistry(config.registry), ids, config.registry.url);
  const encoders = await createEncoders(registry, config);
  const publisher = openPublisher(options, config.publish.deadlineMs);
  const sink: Sink = {
    publish: publisher.publish,
    encoders: () => encoders,
    publishingStopped: () => null,
    spoolProblem: () => 'none',
    spoolHolds: () => false,
    close: async () => 'closed',
  };
  return { publisher, broker: watchBrokersFor(options), sink };
}
