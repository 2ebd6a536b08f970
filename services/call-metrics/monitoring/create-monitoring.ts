import type { Readiness } from '../../shared/http/admin-app.ts';
import type { createKafka, KafkaSettings } from '../../shared/kafka/client/connection.ts';
import { readUncommitted } from '../../shared/kafka/client/read-uncommitted.ts';
import type { ProjectionObserver } from '../../shared/kafka/projection/projection-options.ts';
import type { RunningProjection } from '../../shared/kafka/projection/running-projection.ts';
import { createLogEnds } from '../../shared/kafka/topics/log-ends.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { CallMetricsProjection } from '../projection/call-metrics-projection.ts';
import type { Restore } from '../projection/start-restore.ts';
import { createLagTracker } from './lag.ts';
import { createOpenTransactions } from './open-transactions.ts';
import { createProgress } from './progress.ts';
import type { ProjectionMetrics } from './projection-metrics.ts';
import { createReadiness } from './readiness.ts';
import { createStallWatch } from './stall-watch.ts';
import { watchTopics } from './watch-topics.ts';

/** What call-metrics exposes about itself. */
export type Monitoring = Readonly<{
  readiness: () => Readiness;
  observer: ProjectionObserver;
  /** Fetches where the topics end. Call it every few seconds: the tasks learn from it as well. */
  checkEnds: (running: RunningProjection) => Promise<void>;
  checkTopicSettings: () => Promise<void>;
}>;

type Options = Readonly<{
  kafka: ReturnType<typeof createKafka>;
  settings: Pick<KafkaSettings, 'brokers' | 'partitions'>;
  projection: CallMetricsProjection;
  restore: Restore;
  metrics: ProjectionMetrics;
  /** The running projection; null before the group was joined. */
  running: () => RunningProjection | null;
  /** Returns the problem with the topics' settings, or null. */
  findRefusedSettings: () => Promise<string | null>;
  logger: Logger;
}>;

export function createMonitoring(options: Options): Monitoring {
  const { kafka, settings, projection, restore, metrics, running, logger } = options;
  const { inputs, restoredFrom } = projection;
  const { brokers, partitions } = settings;
  const topics = [...inputs, ...restoredFrom];
  const nowMs = () => performance.now();
  const tasks = () => running()?.status() ?? [];
  const lag = createLagTracker(Date.now);
  const stalls = createStallWatch(nowMs);
  const topicWatch = watchTopics(inputs, partitions, options.findRefusedSettings, logger);
  const openTransactions = createOpenTransactions(topics, nowMs);
  const watermarks = createLogEnds(readUncommitted(kafka), brokers, topics);
  const progress = createProgress({
    lag,
    stalls,
    slots: tasks,
    committedProgress: (partition) => ({
      positions: running()?.committedPositions().get(partition) ?? projection.countedPositions(partition),
      logTimesMs: projection.countedLogTimesMs(partition),
    }),
    now: nowMs,
  });
  metrics.registerGauges({
    lags: progress.lags,
    waitingSeconds: progress.waitingSeconds,
    size: projection.view.size,
    restore: restore.progress,
    heldSeconds: openTransactions.heldSeconds,
    tasks,
    unread: topicWatch.unread,
    settingsRefused: topicWatch.settingsRefused,
    now: nowMs,
  });

  return {
    readiness: createReadiness({
      caughtUp: restore.caughtUp,
      joined: () => running()?.joined() ?? false,
      tasks,
      stalled: stalls.stalled,
      topicProblems: topicWatch.problems,
      now: nowMs,
    }),
    observer: {
      onCommit: stalls.progressed,
      commitDuration: metrics.observeCommit,
      restored: (partition, seconds) => {
        stalls.started(partition);
        metrics.observeRestore(seconds);
      },
      lost: (_partition, reason) => metrics.countLost(reason),
      read: lag.observeEnd,
      revoked: stalls.forget,
    },
    checkEnds: async ({ ends, observeEnds }) => {
      const highs = await watermarks();
      const found = await ends();
      topicWatch.observeEnds(found);
      openTransactions.observeEnds(highs, found);
      observeEnds(found);
      for (const topic of inputs) {
        for (const [partition, { high }] of found.get(topic) ?? []) lag.observeEnd(topic, partition, high);
      }
      progress.refresh();
    },
    checkTopicSettings: topicWatch.checkSettings,
  };
}
