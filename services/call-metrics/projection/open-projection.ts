import { topicName } from '../../shared/call-events/topics.ts';
import type { createKafka } from '../../shared/kafka/client/connection.ts';
import type { ProjectionObserver } from '../../shared/kafka/projection/projection-options.ts';
import type { RunningProjection } from '../../shared/kafka/projection/running-projection.ts';
import { startProjection } from '../../shared/kafka/projection/start-projection.ts';
import { maxMessageBytes } from '../../shared/kafka/topics/max-message-bytes.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { summaryOf } from '../../shared/observability/summarise.ts';
import type { CallMetricsConfig } from '../config.ts';
import type { ProjectionMetrics } from '../monitoring/projection-metrics.ts';
import {
  type CallMetricsProjection,
  createCallMetricsProjection,
  type ProjectionOptions,
} from './call-metrics-projection.ts';
import type { Codecs } from './codecs.ts';
import { type DeadLetterLimit, openDeadLetterLimit } from './dead-letter-limit.ts';
import { readerGroupPrefixOf } from './open-codecs.ts';
import { REBUILD } from './remedies.ts';
import { type Restore, startRestore } from './start-restore.ts';

/** The projection of this process, which has started to read back what is committed. */
export type OpenProjection = Readonly<{
  projection: CallMetricsProjection;
  deadLetterLimit: DeadLetterLimit;
  restore: Restore;
  /** Joins the group, and folds the partitions that the group assigns to this process. Call it once the restore has caught up. */
  join: (observer: ProjectionObserver) => Promise<RunningProjection>;
}>;

type Options = Readonly<{
  config: CallMetricsConfig;
  kafka: ReturnType<typeof createKafka>;
  codecs: Codecs;
  partitionOf: (key: string) => number;
  metrics: ProjectionMetrics;
  logger: Logger;
}>;

export async function openProjection(options: Options): Promise<OpenProjection> {
  const { config, kafka, codecs, partitionOf, metrics, logger } = options;
  const { topicPrefix, partitions, brokers } = config.kafka;
  const deadLetterTopic = topicName(topicPrefix, 'deadLetters');
  const deadLetterLimit = await openDeadLetterLimit(() => maxMessageBytes(kafka, brokers, deadLetterTopic));
  const projection = createCallMetricsProjection({
    rules: { ...config.rules, partitions },
    topicPrefix,
    codecs,
    partitionOf,
    countOutcome: metrics.countOutcome,
    maxDeadLetterBytes: deadLetterLimit.maxBytes,
    onLeftOut: reportLeftOut(metrics, logger),
  });
  const readerGroupPrefix = readerGroupPrefixOf(topicPrefix);
  const restore = await startRestore({ kafka, brokers, projection, readerGroupPrefix, logger });
  const settings = {
    brokers,
    groupId: `${topicPrefix}call-metrics`,
    readerGroupPrefix,
    transactionalIdPrefix: `${topicPrefix}call-metrics-`,
    partitions,
    limits: config.commit,
    remedy: `Restore the log, or count what it still holds with \`${REBUILD} -- --allow-decrease\`, and start again`,
  };
  return {
    projection,
    deadLetterLimit,
    restore,
    join: (observer) => startProjection(kafka, projection, restore.reader, settings, logger, observer),
  };
}

const reportLeftOut =
  (metrics: ProjectionMetrics, logger: Logger): NonNullable<ProjectionOptions['onLeftOut']> =>
  ({ topic, partition, offset }, reason) => {
    metrics.countLeftOut(topic);
    summaryOf(logger).error('own-record-left-out', `${topic} ${reason}`, { topic, partition, offset, reason });
  };
