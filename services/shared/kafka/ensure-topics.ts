import type { Admin, ITopicConfig } from 'kafkajs';
import { type TopicId, topicDefinitions, topicName } from '../call-events/topics.ts';
import type { Logger } from '../observability/logger.ts';
import type { KafkaSettings } from './connection.ts';

/** A topic is missing, or has the wrong number of partitions. Not retriable: a person has to decide. */
export class TopicError extends Error {
  override readonly name = 'TopicError';
  readonly retriable = false;
}

/** Room for the largest body the ingress can be set to take (3 MiB), with its headers. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024;

const cleanup: Readonly<Record<'keep' | 'compact' | 'truncated', Readonly<Record<string, string>>>> = {
  keep: {
    'cleanup.policy': 'delete',
    'retention.ms': '-1',
    'retention.bytes': '-1',
    'max.message.bytes': String(MAX_RECORD_BYTES),
  },
  compact: { 'cleanup.policy': 'compact' },
  truncated: { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' },
};
const LEADER_ATTEMPTS = 50;
const LEADER_PAUSE_MS = 100;
const inputs: ReadonlySet<TopicId> = new Set(['callLogs', 'voicemails']);

/**
 * Creates the topics that are missing, then checks that each has the configured number of partitions. Several services may do this at once.
 * Throws TopicError when a topic is missing and may not be created, or has another number of partitions.
 */
export async function ensureTopics(
  admin: Admin,
  topics: readonly TopicId[],
  settings: KafkaSettings,
  logger: Logger,
): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = topics.filter((topic) => !existing.has(topicName(settings.topicPrefix, topic)));
  if (missing.length > 0 && !settings.createTopics) {
    const names = missing.map((topic) => topicName(settings.topicPrefix, topic)).join(', ');
    throw new TopicError(
      `Topics are missing: ${names}. Create them with ${settings.partitions} partitions, or set KAFKA_CREATE_TOPICS=true`,
    );
  }
  for (const topic of missing) await create(admin, topic, settings, logger);
  await checkPartitions(admin, topics, settings);
}

async function create(admin: Admin, topic: TopicId, settings: KafkaSettings, logger: Logger): Promise<void> {
  const name = topicName(settings.topicPrefix, topic);
  const inSync = Math.min(2, settings.replicationFactor);
  if (inSync < 2) {
    logger.warn('topic-not-replicated', {
      topic: name,
      hint: 'KAFKA_REPLICATION_FACTOR is 1: an acknowledged event lives on one disk. Use 3 in production',
    });
  }
  const config: Record<string, string> = {
    ...cleanup[topicDefinitions[topic].cleanup],
    'min.insync.replicas': String(inSync),
    ...(inputs.has(topic) ? { 'message.timestamp.type': 'LogAppendTime' } : {}),
  };
  const definition: ITopicConfig = {
    topic: name,
    numPartitions: settings.partitions,
    replicationFactor: settings.replicationFactor,
    configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
  };
  const created = await withLeaders(() => admin.createTopics({ topics: [definition], waitForLeaders: true }));
  if (created) logger.info('topic-created', { topic: name, partitions: settings.partitions });
}

/** A broker may not know a topic yet that was made a moment ago, and says UNKNOWN_TOPIC_OR_PARTITION: that passes. */
async function withLeaders<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const passes = error instanceof Error && 'type' in error && error.type === 'UNKNOWN_TOPIC_OR_PARTITION';
      if (!passes || attempt === LEADER_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, LEADER_PAUSE_MS));
    }
  }
}

async function checkPartitions(admin: Admin, topics: readonly TopicId[], settings: KafkaSettings): Promise<void> {
  const names = topics.map((topic) => topicName(settings.topicPrefix, topic));
  const metadata = await withLeaders(() => admin.fetchTopicMetadata({ topics: names }));
  const wrong = metadata.topics.filter((topic) => topic.partitions.length !== settings.partitions);
  if (wrong.length === 0) return;
  const found = wrong.map((topic) => `${topic.name} has ${topic.partitions.length}`).join(', ');
  throw new TopicError(
    `KAFKA_PARTITIONS is ${settings.partitions}, but ${found}. The number is fixed for life: set KAFKA_PARTITIONS to what the topics have`,
  );
}
