import { createReader } from '../shared/avro/reader.ts';
import { connectRegistry } from '../shared/avro/registry.ts';
import { checkRegistry } from '../shared/avro/schema-ids/checked-registry.ts';
import { SchemaIdsError } from '../shared/avro/schema-ids/schema-ids-error.ts';
import { waitForRegistry } from '../shared/avro/wait-for-registry.ts';
import type { UserCallMetrics } from '../shared/call-events/avro-types.generated.ts';
import { isTableKey, LIFETIME, tableKeyOf } from '../shared/call-events/table-key.ts';
import { topicName } from '../shared/call-events/topics.ts';
import { listen } from '../shared/http/listen.ts';
import { createKafka } from '../shared/kafka/connection.ts';
import { ensureTopics } from '../shared/kafka/ensure-topics.ts';
import { schemaIdLog } from '../shared/kafka/schema-id-log.ts';
import { startTableReader, type TableRecord } from '../shared/kafka/table-reader.ts';
import { watchBrokersOf } from '../shared/kafka/watch-brokers-of.ts';
import type { Running } from '../shared/lifecycle/host.ts';
import { countKafkaErrors, countRegistryErrors } from '../shared/observability/dependency-errors.ts';
import { createLogger, type Logger } from '../shared/observability/logger.ts';
import { createMetricsRegistry } from '../shared/observability/prometheus.ts';
import { summaryOf } from '../shared/observability/summarise.ts';
import { VERSION } from '../shared/observability/version.ts';
import { exporterApp } from './app.ts';
import type { ExporterConfig } from './config.ts';
import { createLifetimeTable } from './domain/lifetime-table.ts';
import { registerCallMetrics, undecodableCounter, watchReader } from './exporter-metrics.ts';

const CLIENT = 'vxt-prometheus-exporter';
/** Why records of other tools are left out: no schema could make them readable. */
const isOfNoSchema: ReadonlySet<string> = new Set(['unreadable-batch', 'wrong-key', 'not-wire-format']);

/**
 * Starts the exporter. It listens at once, and resolves once the registry is known to be the one that the table was written with; `/metrics` answers 503 until
 * the table has been read.
 */
export async function startExporter(config: ExporterConfig): Promise<Running & { logger: Logger; port: number }> {
  const logger = createLogger('prometheus-exporter', config.service.logLevel);
  const registry = createMetricsRegistry('prometheus-exporter', VERSION);
  const onProblem = countKafkaErrors(registry);
  const kafka = createKafka(config.kafka, CLIENT, logger, { onProblem });
  await ensureTopics(kafka, { reads: ['userCallMetrics', 'schemaIds'], writes: [] }, config.kafka, logger);

  const table = createLifetimeTable();
  registerCallMetrics(registry, () => table.expose(config.metrics.maxUsers), config.metrics.userNames === 'email');
  const undecodable = undecodableCounter(registry);
  let waitsFor: string | null = 'The schema registry does not answer yet';

  const { host, port } = config.service;
  const server = await listen(
    exporterApp(registry, () => waitsFor),
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
  waitsFor = 'The table is still being read from Kafka';

  const values = createReader<UserCallMetrics>(schemas, 'user-call-metrics');
  /** Takes a record; gives why it was left out, or null. */
  const apply = ({ key, value, unreadable }: TableRecord): string | null => {
    if (unreadable !== null) return 'unreadable-batch';
    if (key === null || !isTableKey(key)) return 'wrong-key';
    if (!key.endsWith(`/${LIFETIME}`)) return null;
    const decoded = value === null ? null : values.decode(value);
    if (decoded === null) table.delete(key);
    else if (!decoded.ok) return decoded.reason;
    else if (tableKeyOf(decoded.value) !== key) return 'wrong-key';
    else table.set(key, decoded.value);
    return null;
  };
  const applyOrTell = (record: TableRecord): void => {
    const reason = apply(record);
    if (reason === null) return;
    const { partition, offset } = record;
    // An older release wrote it, which told nobody but the registry under which ids: all of its totals may be unreadable.
    if (!isOfNoSchema.has(reason) && !schemas.isWritten(`${topic}-value`))
      throw new SchemaIdsError(config.registry.url, [
        `a record of ${topic} (partition ${partition}, offset ${offset}) cannot be read with its schemas (${reason})`,
      ]);
    undecodable();
    summaryOf(logger).error('table-record-undecodable', reason, { topic, partition, offset, reason });
  };
  const reader = startTableReader(kafka, { topics: [topic], groupPrefix }, async (records) => {
    const written = records.flatMap(({ value, unreadable }) => (value === null || unreadable !== null ? [] : [value]));
    await waitForRegistry(logger, () => values.learn(written));
    for (const record of records) applyOrTell(record);
  });
  const brokerWatch = watchBrokersOf(config.kafka, CLIENT, logger, onProblem);
  watchReader(registry, reader, table.size);
  void reader.caughtUp.then(() => {
    waitsFor = null;
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
