import { type TopicId, topicName } from '../shared/call-events/topics.ts';
import { adminApp } from '../shared/http/admin-app.ts';
import { createTokenCheck } from '../shared/http/bearer-tokens.ts';
import { createKafka } from '../shared/kafka/client/connection.ts';
import { watchBrokersOf } from '../shared/kafka/client/watch-brokers-of.ts';
import type { RunningProjection } from '../shared/kafka/projection/running-projection.ts';
import { createPartitionOfKey } from '../shared/kafka/publisher/partition-of-key.ts';
import { ensureTopics, lookAtSettings, type UsedTopics } from '../shared/kafka/topics/ensure-topics.ts';
import type { Running } from '../shared/lifecycle/host.ts';
import { countKafkaErrors, countRegistryErrors } from '../shared/observability/dependency-errors.ts';
import { createLogger, type Logger } from '../shared/observability/logger.ts';
import { createMetricsRegistry, renderMetrics } from '../shared/observability/prometheus.ts';
import { VERSION } from '../shared/observability/version.ts';
import type { CallMetricsConfig } from './config.ts';
import { createListeners } from './listeners.ts';
import { createMonitoring } from './monitoring/create-monitoring.ts';
import { createProjectionMetrics } from './monitoring/projection-metrics.ts';
import { openCodecs } from './projection/open-codecs.ts';
import { openProjection } from './projection/open-projection.ts';
import { readApiTokens } from './query-api/api-tokens.ts';
import { callMetricsApp } from './query-api/app.ts';
import { createQueries } from './query-api/queries.ts';
import { startUpkeep } from './upkeep.ts';

/** call-metrics is the only writer of the topics it writes. */
const usedTopics: UsedTopics = {
  reads: ['callLogs', 'voicemails', 'schemaIds'],
  writes: ['userCallMetrics', 'callMetricsState', 'callMetricsSeen', 'deadLetters'],
};
const CLIENT = 'vxt-call-metrics';
/** Below the transaction timeout, so that a commit without an answer is known to be lost while it can still be aborted. */
const REQUEST_TIMEOUT_MS = 5_000;

export type RunningCallMetrics = Running & { logger: Logger; port: number; adminPort: number };

/**
 * Starts call-metrics and resolves once it has read what was committed and joined its group; it listens before that,
 * but is not ready. Rejects with an error that says what is wrong and what to do.
 */
export async function startCallMetrics(config: CallMetricsConfig): Promise<RunningCallMetrics> {
  const tokens = readApiTokens(config.api.tokens);
  const { topicPrefix, partitions, brokers } = config.kafka;
  const names = (topics: readonly TopicId[]) => topics.map((topic) => topicName(topicPrefix, topic));
  const logger = createLogger('call-metrics', config.service.logLevel);
  const registry = createMetricsRegistry('call-metrics', VERSION);
  const onProblem = countKafkaErrors(registry);
  const kafka = createKafka(config.kafka, CLIENT, logger, { requestTimeout: REQUEST_TIMEOUT_MS, onProblem });
  await ensureTopics(kafka, usedTopics, config.kafka, logger);
  const codecs = await openCodecs(kafka, config.registry, topicPrefix, { onError: countRegistryErrors(registry) });
  const metrics = createProjectionMetrics(
    registry,
    names(['callLogs', 'voicemails']),
    names(['userCallMetrics', 'callMetricsState', 'callMetricsSeen']),
  );

  const partitionOf = createPartitionOfKey(partitions);
  const opened = await openProjection({ config, kafka, codecs, partitionOf, metrics, logger });
  const { projection, deadLetterLimit, restore } = opened;

  let running: RunningProjection | null = null;
  const monitoring = createMonitoring({
    kafka,
    settings: config.kafka,
    projection,
    restore,
    metrics,
    running: () => running,
    findRefusedSettings: () => lookAtSettings(kafka, usedTopics, config.kafka),
    logger,
  });
  const queries = createQueries({ view: projection.view, partitions, partitionOf, calendar: projection.calendar });
  const { host, port, adminPort = 9102 } = config.service;
  const listeners = createListeners(
    { host, port, adminPort },
    adminApp((openMetrics) => renderMetrics(registry, openMetrics), monitoring.readiness),
    callMetricsApp({ checkToken: createTokenCheck(tokens), queries, caughtUp: restore.caughtUp }),
  );
  const brokerWatch = watchBrokersOf(config.kafka, CLIENT, logger, onProblem);
  let stopUpkeep = (): void => undefined;
  const stop = async (): Promise<void> => {
    stopUpkeep();
    await running?.stop();
    await listeners.closeApi();
    await restore.reader.stop();
    await brokerWatch.stop();
    await listeners.closeAdmin();
  };

  try {
    await listeners.open();
    logger.info('call-metrics-listening', { host, port: listeners.port() });
    await restore.untilCaughtUp();
    running = await opened.join(monitoring.observer);
  } catch (error) {
    await stop();
    throw error;
  }
  stopUpkeep = startUpkeep({ kafka, brokers, projection, running, monitoring, deadLetterLimit, logger });
  return {
    logger,
    port: listeners.port(),
    adminPort: listeners.adminPort(),
    failed: Promise.race([running.failed, restore.reader.failed]),
    stop,
  };
}
