import { createReader } from '../shared/avro/reader.ts';
import { connectRegistry } from '../shared/avro/registry.ts';
import { waitForRegistry } from '../shared/avro/wait-for-registry.ts';
import type { UserCallMetrics } from '../shared/call-events/avro-types.generated.ts';
import { LIFETIME } from '../shared/call-events/table-key.ts';
import { topicName } from '../shared/call-events/topics.ts';
import { listen } from '../shared/http/listen.ts';
import { createKafka } from '../shared/kafka/connection.ts';
import { ensureTopics } from '../shared/kafka/ensure-topics.ts';
import { startTableReader, type TableRecord } from '../shared/kafka/table-reader.ts';
import type { Running } from '../shared/lifecycle/host.ts';
import { countKafkaErrors, countRegistryErrors } from '../shared/observability/dependency-errors.ts';
import { createLogger, type Logger } from '../shared/observability/logger.ts';
import { createMetricsRegistry } from '../shared/observability/prometheus.ts';
import { VERSION } from '../shared/observability/version.ts';
import { exporterApp } from './app.ts';
import type { ExporterConfig } from './config.ts';
import { createLifetimeTable } from './domain/lifetime-table.ts';
import { registerCallMetrics, undecodableCounter, watchReader } from './exporter-metrics.ts';

/** Starts the exporter and resolves once it listens; `/metrics` answers 503 until the table has been read. */
export async function startExporter(config: ExporterConfig): Promise<Running & { logger: Logger; port: number }> {
  const logger = createLogger('prometheus-exporter', config.service.logLevel);
  const registry = createMetricsRegistry('prometheus-exporter', VERSION);
  const onProblem = countKafkaErrors(registry);
  const kafka = createKafka(config.kafka, 'vxt-prometheus-exporter', logger, { onProblem });
  await ensureTopics(kafka, { reads: ['userCallMetrics'], writes: [] }, config.kafka, logger);

  const table = createLifetimeTable();
  registerCallMetrics(registry, () => table.expose(config.metrics.maxUsers), config.metrics.userNames === 'email');
  const undecodable = undecodableCounter(registry);

  const schemas = connectRegistry(config.registry, countRegistryErrors(registry));
  const values = createReader<UserCallMetrics>(schemas, 'user-call-metrics');
  const apply = ({ topic, partition, offset, key, value }: TableRecord): void => {
    if (key === null || !key.endsWith(`/${LIFETIME}`)) return;
    const decoded = value === null ? null : values.decode(value);
    if (decoded === null) table.delete(key);
    else if (decoded.ok) table.set(key, decoded.value);
    else {
      undecodable();
      logger.error('table-record-undecodable', { topic, partition, offset, reason: decoded.reason });
    }
  };
  const reader = startTableReader(
    kafka,
    {
      topics: [topicName(config.kafka.topicPrefix, 'userCallMetrics')],
      groupPrefix: `${config.kafka.topicPrefix}prometheus-exporter-`,
    },
    async (records) => {
      const written = records.flatMap(({ value }) => (value === null ? [] : [value]));
      await waitForRegistry(logger, () => values.learn(written));
      for (const record of records) apply(record);
    },
  );
  watchReader(registry, reader, table.size);
  let ready = false;
  void reader.caughtUp.then(() => {
    ready = true;
    logger.info('table-read');
  });

  const { host, port } = config.service;
  const server = await listen(
    exporterApp(registry, () => ready),
    { host, port, portVariable: 'PORT' },
  ).catch(async (error: unknown) => {
    await reader.stop();
    throw error;
  });
  logger.info('exporter-listening', { host, port: server.port });
  return {
    logger,
    port: server.port,
    failed: reader.failed,
    stop: async () => {
      await server.close(2_000);
      await reader.stop();
    },
  };
}
