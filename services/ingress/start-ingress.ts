import { join } from 'node:path';
import { topicName } from '../shared/call-events/topics.ts';
import { adminApp, type Readiness } from '../shared/http/admin-app.ts';
import { listen } from '../shared/http/listen.ts';
import { createKafka } from '../shared/kafka/connection.ts';
import { ensureTopics } from '../shared/kafka/ensure-topics.ts';
import { createPartitionOfKey } from '../shared/kafka/publisher/partition-of-key.ts';
import { boundedClient, createPublisher, type Publisher } from '../shared/kafka/publisher/publisher.ts';
import { withAdmin } from '../shared/kafka/with-admin.ts';
import type { Running } from '../shared/lifecycle/host.ts';
import { createLogger, errorFields, type Logger } from '../shared/observability/logger.ts';
import { createMetricsRegistry } from '../shared/observability/prometheus.ts';
import { openSpool, type Spool } from '../shared/spool/spool.ts';
import { createSpoolingPublish } from '../shared/spool/spooling-publish.ts';
import { ingressApp } from './app.ts';
import type { IngressConfig } from './config.ts';
import { createEncoders } from './create-encoders.ts';
import { createIngressMetrics } from './ingress-metrics.ts';
import { createReceiveWebhook } from './receive-webhook.ts';
import { openTokenSource } from './token-source.ts';
import { ingressTopics } from './topics.ts';

/**
 * Starts the ingress and resolves once it listens: topics and schemas are there. Until every lane is connected it is
 * not ready and answers 503. Rejects with an error that says what is wrong and what to do.
 */
export async function startIngress(
  config: IngressConfig,
): Promise<Running & { logger: Logger; port: number; adminPort: number }> {
  const logger = createLogger('ingress', config.service.logLevel);
  const tokens = openTokenSource(config.webhook, logger);
  const kafka = createKafka(config.kafka, 'vxt-ingress', logger, boundedClient(config.publish.deadlineMs));
  await withAdmin(createKafka(config.kafka, 'vxt-ingress', logger), config.kafka.brokers, (admin) =>
    ensureTopics(admin, ingressTopics, config.kafka, logger),
  );
  const encoders = await createEncoders(config);

  const registry = createMetricsRegistry('ingress', VERSION);
  const metrics = createIngressMetrics(registry);
  const lanes = {
    ...metrics.lanes,
    renewed: (error: unknown) => {
      metrics.lanes.renewed(error);
      logger.warn('lane-renewed', error === null ? {} : errorFields(error));
    },
  };
  const publisher = createPublisher(kafka, config.publish, lanes);
  metrics.watchPublisher(publisher);
  const spool = await openIngressSpool(config, publisher, logger);
  if (spool !== null) metrics.watchSpool(spool);

  const partitionOf = createPartitionOfKey(config.kafka.partitions);
  const receive = createReceiveWebhook(
    encoders,
    (message) => ({
      ...message,
      topic: topicName(config.kafka.topicPrefix, message.topic),
      partition: partitionOf(message.key),
    }),
    spool === null ? publisher.publish : createSpoolingPublish(publisher.publish, spool),
  );
  const { bodyLimitBytes, authFailuresPerMinute, receiveTimeoutMs } = config.webhook;
  const app = ingressApp({
    checkToken: tokens.check,
    receive,
    metrics,
    bodyLimitBytes,
    authFailuresPerMinute,
    now: Date.now,
  });

  const { host, port, adminPort = 9101 } = config.service;
  const admin = await listen(
    adminApp(registry, () => readiness(publisher, spool)),
    { host, port: adminPort, portVariable: 'ADMIN_PORT' },
  );
  const server = await listen(
    app,
    { host, port, portVariable: 'PORT' },
    {
      requestTimeout: receiveTimeoutMs,
      headersTimeout: Math.min(receiveTimeoutMs, 10_000),
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 75_000,
    },
  ).catch(async (error: unknown) => {
    await admin.close(0);
    throw error;
  });
  logger.info('ingress-listening', { host, port: server.port });

  return {
    logger,
    port: server.port,
    adminPort: admin.port,
    failed: new Promise(() => undefined),
    stop: async () => {
      await server.close(config.publish.deadlineMs + 1_000);
      await Promise.race([spool?.drained(), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
      await spool?.close();
      await publisher.close();
      tokens.close();
      await admin.close(0);
    },
  };
}

const VERSION = '0.1.0';

async function openIngressSpool({ spool }: IngressConfig, publisher: Publisher, logger: Logger): Promise<Spool | null> {
  if (spool.directory === null) return null;
  return openSpool({
    directory: join(spool.directory, 'worker-0'),
    maxBytes: spool.maxBytes,
    publish: publisher.publish,
    now: Date.now,
    onProblem: (event, error) => logger.error(event, errorFields(error)),
  });
}

/** Ready to take a webhook: Kafka takes it, or the disk does. */
function readiness(publisher: Publisher, spool: Spool | null): Readiness {
  if (publisher.state().up || spool?.hasRoom()) return { ready: true };
  return {
    ready: false,
    reasons: [spool === null ? 'Kafka does not answer' : 'Kafka does not answer and the spool is full'],
  };
}
