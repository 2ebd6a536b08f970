import { waitForRegistry } from '../shared/avro/wait-for-registry.ts';
import { topicName } from '../shared/call-events/topics.ts';
import { adminApp } from '../shared/http/admin-app.ts';
import { createTokenCheck } from '../shared/http/bearer-tokens.ts';
import { type Listening, listen } from '../shared/http/listen.ts';
import { createKafka } from '../shared/kafka/connection.ts';
import { ensureTopics, lookAtSettings, type UsedTopics } from '../shared/kafka/ensure-topics.ts';
import { maxMessageBytes } from '../shared/kafka/max-message-bytes.ts';
import { createLogEnds } from '../shared/kafka/projection/log-ends.ts';
import { type RunningProjection, startProjection } from '../shared/kafka/projection/start-projection.ts';
import { createPartitionOfKey } from '../shared/kafka/publisher/partition-of-key.ts';
import { readUncommitted } from '../shared/kafka/read-uncommitted.ts';
import { startTableReader, type TableRecord } from '../shared/kafka/table-reader.ts';
import { truncateRecords } from '../shared/kafka/truncate-records.ts';
import { watchBrokersOf } from '../shared/kafka/watch-brokers-of.ts';
import type { Running } from '../shared/lifecycle/host.ts';
import { countKafkaErrors, countRegistryErrors } from '../shared/observability/dependency-errors.ts';
import { createLogger, type Logger } from '../shared/observability/logger.ts';
import { createMetricsRegistry, renderMetrics } from '../shared/observability/prometheus.ts';
import { summaryOf } from '../shared/observability/summarise.ts';
import { VERSION } from '../shared/observability/version.ts';
import type { Projection } from '../shared/projection/projection.ts';
import { readApiTokens } from './api-tokens.ts';
import { callMetricsApp } from './app.ts';
import { createCallMetricsProjection, REBUILD } from './call-metrics-projection.ts';
import type { CallMetricsConfig } from './config.ts';
import { every } from './every.ts';
import { createLagTracker } from './lag.ts';
import { openCodecs, readerGroupPrefixOf } from './open-codecs.ts';
import { createOpenTransactions } from './open-transactions.ts';
import { createProgress } from './progress.ts';
import { createProjectionMetrics } from './projection-metrics.ts';
import { createQueries } from './queries.ts';
import { readinessOf } from './readiness.ts';
import { watchRestore } from './restore-progress.ts';
import { createStallWatch } from './stall-watch.ts';
import { watchTopics } from './watch-topics.ts';

/** The inputs, and those of which it is the only writer. */
const usedTopics: UsedTopics = {
  reads: ['callLogs', 'voicemails', 'schemaIds'],
  writes: ['userCallMetrics', 'callMetricsState', 'callMetricsSeen', 'deadLetters'],
};
const CLIENT = 'vxt-call-metrics';
/** Below the transaction timeout, so that a commit whose answer is lost is known to be so while it still can be aborted. */
const REQUEST_TIMEOUT_MS = 5_000;
const LOOK_EVERY_MS = 5_000;
const TRUNCATE_EVERY_MS = 60_000;
const ASK_LIMIT_EVERY_MS = 60_000;
const SETTINGS_EVERY_MS = 30_000;

export type RunningCallMetrics = Running & { logger: Logger; port: number; adminPort: number };

/**
 * Starts call-metrics and resolves once it has read what was committed and joined its group; it listens, not ready,
 * from before that. Rejects with an error that says what is wrong and what to do.
 */
export async function startCallMetrics(config: CallMetricsConfig): Promise<RunningCallMetrics> {
  const tokens = readApiTokens(config.api.tokens);
  const { topicPrefix, partitions, brokers } = config.kafka;
  const logger = createLogger('call-metrics', config.service.logLevel);
  const registry = createMetricsRegistry('call-metrics', VERSION);
  const onProblem = countKafkaErrors(registry);
  const kafka = createKafka(config.kafka, CLIENT, logger, { requestTimeout: REQUEST_TIMEOUT_MS, onProblem });
  await ensureTopics(kafka, usedTopics, config.kafka, logger);
  const codecs = await openCodecs(kafka, config.registry, topicPrefix, { onError: countRegistryErrors(registry) });

  const inputs = [topicName(topicPrefix, 'callLogs'), topicName(topicPrefix, 'voicemails')];
  const metrics = createProjectionMetrics(registry, inputs, ownTopics(topicPrefix));
  const askDeadLetterBytes = () => maxMessageBytes(kafka, brokers, topicName(topicPrefix, 'deadLetters'));
  let maxDeadLetterBytes = await askDeadLetterBytes();
  const partitionOf = createPartitionOfKey(partitions);
  const projection = createCallMetricsProjection({
    rules: { ...config.rules, partitions },
    topicPrefix,
    codecs,
    partitionOf,
    counted: metrics.counted,
    maxDeadLetterBytes: () => maxDeadLetterBytes,
    leftOut: ({ topic, partition, offset }, reason) => {
      metrics.leftOut(topic);
      summaryOf(logger).error('own-record-left-out', `${topic} ${reason}`, { topic, partition, offset, reason });
    },
  });
  const lag = createLagTracker(Date.now);
  const topicWatch = watchTopics(inputs, partitions, () => lookAtSettings(kafka, usedTopics, config.kafka), logger);
  const stalls = createStallWatch(() => performance.now());
  const topics = [...inputs, ...projection.restoredFrom];
  const openTransactions = createOpenTransactions(topics, () => performance.now());
  const watermarks = createLogEnds(readUncommitted(kafka), brokers, topics);
  let running: RunningProjection | null = null;
  let caughtUp = false;
  let began = false;

  const readerGroupPrefix = readerGroupPrefixOf(topicPrefix);
  const readBack = readBackInto(projection, logger);
  const ends = await createLogEnds(kafka, brokers, projection.restoredFrom)();
  const reader = startTableReader(
    kafka,
    { topics: projection.restoredFrom, groupPrefix: readerGroupPrefix },
    async (records) => {
      await readBack(records);
      // A rebuild under other settings has replaced these totals: this process must not go on with its own.
      if (caughtUp && records.some(({ topic }) => topic === projection.topics.state)) projection.checkFingerprints();
    },
  );
  const restore = watchRestore(reader, ends, logger);

  const progress = createProgress({
    lag,
    stalls,
    slots: () => running?.status() ?? [],
    committedPart: (partition) => ({
      positions: running?.committed().get(partition) ?? projection.countedUpTo(partition),
      logTimesMs: projection.countedUntilMs(partition),
    }),
    now: () => performance.now(),
  });
  metrics.watch({
    lags: progress.lags,
    waitingSeconds: progress.waitingSeconds,
    size: projection.view.size,
    restore,
    heldSeconds: openTransactions.heldSeconds,
    tasks: () => running?.status() ?? [],
    unread: topicWatch.unread,
    settingsRefused: topicWatch.settingsRefused,
    now: () => performance.now(),
  });
  const readiness = () => {
    const tasks = running?.status() ?? [];
    const joined = running?.joined() ?? false;
    began ||= joined && tasks.every(({ phase }) => phase === 'running');
    const [stalled, surroundings, nowMs] = [stalls.stalled(), topicWatch.problems(), performance.now()];
    return readinessOf({ caughtUp, joined, tasks, began, stalled, surroundings, nowMs });
  };
  const queries = createQueries({ view: projection.view, partitions, partitionOf, calendar: projection.calendar });
  const app = callMetricsApp({ checkToken: createTokenCheck(tokens), queries, caughtUp: () => caughtUp });

  const { host, port, adminPort = 9102 } = config.service;
  const opened: Listening[] = [];
  const brokerWatch = watchBrokersOf(config.kafka, CLIENT, logger, onProblem);
  const timers: NodeJS.Timeout[] = [];
  const stop = async (): Promise<void> => {
    for (const timer of timers) clearInterval(timer);
    await running?.stop();
    await opened[1]?.close(5_000);
    await reader.stop();
    await brokerWatch.stop();
    await opened[0]?.close(0);
  };

  try {
    opened.push(
      await listen(
        adminApp((openMetrics) => renderMetrics(registry, openMetrics), readiness),
        { host, port: adminPort, portVariable: 'ADMIN_PORT' },
      ),
    );
    opened.push(await listen(app, { host, port, portVariable: 'PORT' }));
    logger.info('call-metrics-listening', { host, port: opened[1]?.port ?? port });
    await Promise.race([reader.caughtUp, reader.failed.then((error) => Promise.reject(error))]);
    caughtUp = true;
    restore.done();
    projection.checkFingerprints();
    running = await startProjection(
      kafka,
      projection,
      reader,
      {
        brokers,
        groupId: `${topicPrefix}call-metrics`,
        readerGroupPrefix,
        transactionalIdPrefix: `${topicPrefix}call-metrics-`,
        partitions,
        limits: config.commit,
        remedy: `Bring the log back, or count what it still holds with \`${REBUILD} -- --allow-decrease\` and start again`,
      },
      logger,
      {
        committed: (partition) => stalls.progressed(partition),
        commitDuration: metrics.commitDuration,
        restored: (partition, seconds) => {
          stalls.began(partition);
          metrics.restored(seconds);
        },
        lost: (_partition, reason) => metrics.lost(reason),
        read: lag.sawEnd,
        revoked: stalls.forget,
      },
    );
  } catch (error) {
    await stop();
    throw error;
  }

  const { failed, ends: currentEnds, saw, committed, lookAtTopics } = running;
  timers.push(
    every(LOOK_EVERY_MS, logger, 'lag-look-failed', async () => {
      const highs = await watermarks();
      const found = await currentEnds();
      topicWatch.saw(found);
      openTransactions.saw(highs, found);
      saw(found);
      for (const topic of inputs) {
        for (const [partition, { high }] of found.get(topic) ?? []) lag.sawEnd(topic, partition, high);
      }
      progress.look();
    }),
    every(ASK_LIMIT_EVERY_MS, logger, 'dead-letter-limit-unknown', async () => {
      maxDeadLetterBytes = await askDeadLetterBytes();
    }),
    every(LOOK_EVERY_MS, logger, 'topics-look-failed', lookAtTopics),
    every(SETTINGS_EVERY_MS, logger, 'topic-settings-look-failed', topicWatch.lookAtSettings),
    every(TRUNCATE_EVERY_MS, logger, 'seen-ids-truncation-failed', async () => {
      const expired = [...committed().keys()].flatMap((partition) => {
        const offset = projection.takeExpiredSeen(partition);
        return offset === null ? [] : [{ partition, offset }];
      });
      if (expired.length === 0) return;
      await truncateRecords(kafka, brokers, projection.topics.seen, expired);
      logger.info('seen-ids-truncated', { partitions: expired.length });
    }),
  );
  return {
    logger,
    port: opened[1]?.port ?? port,
    adminPort: opened[0]?.port ?? adminPort,
    failed: Promise.race([failed, reader.failed]),
    stop,
  };
}

/** Hands what was read to the projection. A registry that is away is waited for; anything else ends the reader. */
function readBackInto(projection: Projection, logger: Logger): (records: readonly TableRecord[]) => Promise<void> {
  return async (records) => {
    const committed = records.map((record) => ({ ...record, key: record.key ?? '' }));
    await waitForRegistry(logger, () => projection.readBack(committed));
  };
}

const ownTopics = (prefix: string): readonly string[] =>
  (['userCallMetrics', 'callMetricsState', 'callMetricsSeen'] as const).map((topic) => topicName(prefix, topic));
