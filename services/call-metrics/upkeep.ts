import type { createKafka } from '../shared/kafka/client/connection.ts';
import type { RunningProjection } from '../shared/kafka/projection/running-projection.ts';
import { truncateRecords } from '../shared/kafka/topics/truncate-records.ts';
import type { Logger } from '../shared/observability/logger.ts';
import type { Monitoring } from './monitoring/create-monitoring.ts';
import { every } from './monitoring/every.ts';
import type { CallMetricsProjection } from './projection/call-metrics-projection.ts';
import type { DeadLetterLimit } from './projection/dead-letter-limit.ts';

const ENDS_EVERY_MS = 5_000;
const TOPICS_EVERY_MS = 5_000;
const TOPIC_SETTINGS_EVERY_MS = 30_000;
const DEAD_LETTER_LIMIT_EVERY_MS = 60_000;
const TRUNCATE_EVERY_MS = 60_000;

type Options = Readonly<{
  kafka: ReturnType<typeof createKafka>;
  brokers: readonly string[];
  projection: CallMetricsProjection;
  running: RunningProjection;
  monitoring: Monitoring;
  deadLetterLimit: DeadLetterLimit;
  logger: Logger;
}>;

/** Starts what a running call-metrics does at intervals. Returns a function that stops it. */
export function startUpkeep(options: Options): () => void {
  const { running, monitoring, deadLetterLimit, logger } = options;
  const timers = [
    every(ENDS_EVERY_MS, logger, 'lag-look-failed', () => monitoring.checkEnds(running)),
    every(DEAD_LETTER_LIMIT_EVERY_MS, logger, 'dead-letter-limit-unknown', deadLetterLimit.refresh),
    every(TOPICS_EVERY_MS, logger, 'topics-look-failed', running.lookAtTopics),
    every(TOPIC_SETTINGS_EVERY_MS, logger, 'topic-settings-look-failed', monitoring.checkTopicSettings),
    every(TRUNCATE_EVERY_MS, logger, 'seen-ids-truncation-failed', () => truncateSeenIds(options)),
  ];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/** Deletes the expired seen ids of the partitions that this replica runs. */
async function truncateSeenIds({ kafka, brokers, projection, running, logger }: Options): Promise<void> {
  const expired = [...running.committedPositions().keys()].flatMap((partition) => {
    const offset = projection.takeExpiredSeen(partition);
    return offset === null ? [] : [{ partition, offset }];
  });
  if (expired.length === 0) return;
  await truncateRecords(kafka, brokers, projection.topics.seen, expired);
  logger.info('seen-ids-truncated', { partitions: expired.length });
}
