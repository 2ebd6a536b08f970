import { connectRegistry } from '../shared/avro/registry.ts';
import { checkRegistry } from '../shared/avro/schema-ids/checked-registry.ts';
import { waitForRegistry } from '../shared/avro/wait-for-registry.ts';
import { topicName } from '../shared/call-events/topics.ts';
import { listen } from '../shared/http/listen.ts';
import { createKafka } from '../shared/kafka/client/connection.ts';
import { watchBrokersOf } from '../shared/kafka/client/watch-brokers-of.ts';
import { startTableReader } from '../shared/kafka/table-reader/table-reader.ts';
import { ensureTopics } from '../shared/kafka/topics/ensure-topics.ts';
import { schemaIdLog } from '../shared/kafka/topics/schema-id-log.ts';
import type { Running } from '../shared/lifecycle/host.ts';
import { countKafkaErrors, countRegistryErrors } from '../shared/observability/dependency-errors.ts';
import { createLogger, type Logger } from '../shared/observability/logger.ts';
import { createMetricsRegistry } from '../shared/observability/prometheus.ts';
import { VERSION } from '../shared/observability/version.ts';
import { exporterApp } from './app.ts';
import type { ExporterConfig } from './config.ts';
import { createLifetimeTable } from './domain/lifetime-table.ts';
import { createUndecodableCounter, exposeReader, registerCallMetrics } from './exporter-metrics.ts';
import { createTableIntake } from './table-intake.ts';

const CLIENT_ID = 'vxt-prometheus-exporter';

/**
 * Starts the exporter. It listens immediately, and resolves once the schema registry is confirmed to be the one that the table was written with; `/metrics`
 * answers 503 until the table has been read.
 */
export async function startExporter(config: ExporterConfig): Promise<Running & { logger: Logger; port: number }> {
  const logger = createLogger('prometheus-exporter', config.service.logLevel);
  const registry = createMetricsRegistry('prometheus-exporter', VERSION);
  const onProblem = countKafkaErrors(registry);
  const kafka = createKafka(config.kafka, CLIENT_ID, logger, { onProblem });
  await ensureTopics(kafka, { reads: ['userCallMetrics', 'schemaIds'], writes: [] }, config.kafka, logger);

  const table = createLifetimeTable();
  registerCallMetrics(registry, () => table.expose(config.metrics.maxUsers), config.metrics.userNames === 'email');
  const countUndecodable = createUndecodableCounter(registry);
  let notReady: string | null = 'The schema registry has not answered yet';

  const { host, port } = config.service;
  const server = await listen(
    exporterApp(registry, () => notReady),
    { host, port, portVariable: 'PORT' },
  );
  logger.info('exporter-listening', { host, port: server.port });

  const { topicPrefix } = config.kafka;
  const topic = topicName(topicPrefix, 'userCallMetrics');
  const groupPrefix = `${topicPrefix}prometheus-exporter-`;
  const connected = connectRegistry(config.registry, countRegistryErrors(registry));
  const ids = schemaIdLog(kafka, topicPrefix, groupPrefix);
  const schemas = await waitForRegistry(logger, () => checkRegistry(connected, ids, config.registry.url)).catch(
    async (error: unknown) => {
      await server.close(0);
      throw error;
    },
  );
  notReady = 'The table is still being read from Kafka';

  const intake = createTableIntake({
    table,
    topicPrefix: config.kafka.topicPrefix,
    schemas,
    registryUrl: config.registry.url,
    onUndecodable: countUndecodable,
    logger,
  });
  const reader = startTableReader(kafka, { topics: [topic], groupPrefix }, intake);
  const brokerWatch = watchBrokersOf(config.kafka, CLIENT_ID, logger, onProblem);
  exposeReader(registry, reader, table.size);
  void reader.caughtUp.then(() => {
    notReady = null;
    logger.info('table-read');
  });

  return {
    logger,
    port: server.port,
    failed: reader.failed,
    stop: async () => {
      await server.close(2_000);
      await reader.stop();
      await brokerWatch.stop();
    },
  };
}
