import { topicName } from '../shared/call-events/topics.ts';
import type { Readiness } from '../shared/http/admin-app.ts';
import { watchBroker } from '../shared/kafka/broker-watch.ts';
import { createKafka } from '../shared/kafka/connection.ts';
import { ensureTopics } from '../shared/kafka/ensure-topics.ts';
import { createPartitionOfKey } from '../shared/kafka/publisher/partition-of-key.ts';
import { boundedClient, createPublisher } from '../shared/kafka/publisher/publisher.ts';
import { errorFields, type Logger } from '../shared/observability/logger.ts';
import { createSpoolingPublish } from '../shared/spool/spooling-publish.ts';
import type { IngressConfig } from './config.ts';
import { createEncoders } from './create-encoders.ts';
import { reasonsNotReady } from './domain/readiness.ts';
import type { IngressMetrics } from './ingress-metrics.ts';
import { openSpools } from './open-spools.ts';
import { createReceiveWebhook, type ReceiveWebhook } from './receive-webhook.ts';
import { ingressTopics } from './topics.ts';
import type { WorkerSlot } from './worker-slot.ts';

/** Everything behind the HTTP edge of one process. */
export type Pipeline = Readonly<{
  receive: ReceiveWebhook;
  /** Ready to take a webhook: Kafka takes it, or the disk does. */
  readiness: () => Readiness;
  /** Gives Kafka what was accepted; what it does not take stays in the spool, if there is one. */
  close: () => Promise<void>;
}>;

/** Topics and schemas are there once it resolves. Rejects with an error that says what is wrong and what to do. */
export async function openPipeline(
  config: IngressConfig,
  worker: WorkerSlot,
  metrics: IngressMetrics,
  logger: Logger,
): Promise<Pipeline> {
  const { kafka: settings, publish } = config;
  const onProblem = metrics.kafkaProblem;
  await ensureTopics(createKafka(settings, 'vxt-ingress', logger, { onProblem }), ingressTopics, settings, logger);
  const encoders = await createEncoders(config);
  const kafka = createKafka(settings, 'vxt-ingress', logger, { ...boundedClient(publish.deadlineMs), onProblem });
  const publisher = createPublisher(kafka, publish, {
    ...metrics.lanes,
    renewed: (error) => {
      metrics.lanes.renewed(error);
      logger.warn('lane-renewed', error === null ? {} : errorFields(error));
    },
  });
  metrics.watchPublisher(publisher);
  const broker = watchBroker(kafka, topicName(settings.topicPrefix, 'callLogs'), Date.now);
  const spools = await openSpools(config.spool, worker, publisher, logger);
  if (spools !== null) metrics.watchSpool(spools);

  const partitionOf = createPartitionOfKey(settings.partitions);
  const receive = createReceiveWebhook(
    encoders,
    (message) => ({
      ...message,
      topic: topicName(settings.topicPrefix, message.topic),
      partition: partitionOf(message.key),
    }),
    spools === null ? publisher.publish : createSpoolingPublish(publisher.publish, spools),
  );
  return {
    receive,
    readiness: () => {
      const { up, records } = publisher.state();
      const reasons = reasonsNotReady({
        lanesUp: up,
        brokerAnsweredAgoMs: broker.answeredAgoMs(),
        queuedRecords: records,
        queueLimit: publish.queueRecords,
        spoolHasRoom: spools?.hasRoom() ?? null,
      });
      return reasons.length === 0 ? { ready: true } : { ready: false, reasons };
    },
    close: async () => {
      await spools?.close();
      await publisher.close();
      await broker.stop();
    },
  };
}
