import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import { type TopicId, topicDefinitions, topicName } from '../call-events/topics.ts';
import type { Logger } from '../observability/logger.ts';
import { explainAccess, isRefusal } from './access.ts';
import type { KafkaSettings } from './connection.ts';
import { findTopics } from './topic-settings/find-topics.ts';
import { mendingCommand, problemInWords, settingProblems } from './topic-settings/setting-problems.ts';
import { withAdmin } from './with-admin.ts';
import { withLeaders } from './with-leaders.ts';

/** A topic is missing, or has the wrong number of partitions. Not retriable: a person has to decide. */
export class TopicError extends Error {
  override readonly name: string = 'TopicError';
  readonly retriable = false;
}

/** A topic has settings under which a promise of the system breaks; the message has the commands that mend them. */
export class TopicSettingsError extends TopicError {
  override readonly name = 'TopicSettingsError';
}

/** Room for the largest body the ingress can be set to take (3 MiB), with its headers. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024;

/** Of a dead letter's headers that tell where its record came from. */
const DEAD_LETTER_HEADERS_BYTES = 64 * 1024;

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

/** The topics of a service, by the right it cannot do without. */
export type UsedTopics = Readonly<{ reads: readonly TopicId[]; writes: readonly TopicId[] }>;

/**
 * Creates the topics that are missing, then checks that each has the configured number of partitions and the settings that the promises need. Several services may
 * do this at once. Throws TopicError when a topic is missing and may not be created, or has another number of partitions; TopicSettingsError; KafkaAccessError when Kafka does not show it to this service, or does
 * not let it create one; KafkaUnreachableError.
 */
export async function ensureTopics(
  kafka: Kafka,
  { reads, writes }: UsedTopics,
  settings: KafkaSettings,
  logger: Logger,
): Promise<void> {
  const topics = [...reads, ...writes];
  const nameOf = (topic: TopicId): string => topicName(settings.topicPrefix, topic);
  await withAdmin(kafka, settings.brokers, async (admin) => {
    /** Kafka does not list a topic that the service has no right on; asked for by name it says so. */
    const throwIfHidden = async (topic: TopicId): Promise<void> => {
      const operation = reads.includes(topic) ? 'Read' : 'Write';
      await admin.fetchTopicMetadata({ topics: [nameOf(topic)] }).catch((error: unknown) => {
        if (isRefusal(error)) throw explainAccess(kafka, error, { topics: { operation, names: [nameOf(topic)] } });
      });
    };
    const listed = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !listed.has(nameOf(topic)));
    if (missing.length > 0 && !settings.createTopics) {
      for (const topic of missing) await throwIfHidden(topic);
      const names = missing.map(nameOf).join(', ');
      throw new TopicError(
        `Topics are missing: ${names}. Create them with ${settings.partitions} partitions, or set KAFKA_CREATE_TOPICS=true`,
      );
    }
    for (const topic of missing) {
      await create(admin, topic, settings, logger).catch(async (error: unknown) => {
        await throwIfHidden(topic);
        throw explainAccess(kafka, error, { topics: { operation: 'Create', names: [nameOf(topic)] } });
      });
    }
    await checkPartitions(admin, topics, settings).catch(async (error: unknown) => {
      for (const topic of topics) await throwIfHidden(topic);
      throw error;
    });
    await checkSettings(kafka, admin, topics, settings, logger);
  });
}

/** Settings that break a promise, as one sentence for each topic; null where all are right. The others, and topics whose settings may not be seen, are logged. */
async function refusedSettings(
  kafka: Kafka,
  admin: Admin,
  topics: readonly TopicId[],
  settings: KafkaSettings,
  logger: Pick<Logger, 'warn'>,
): Promise<string | null> {
  const nameOf = (topic: TopicId): string => topicName(settings.topicPrefix, topic);
  const { found, unseen } = await findTopics(kafka, admin, topics, nameOf);
  for (const { name, problem } of unseen) logger.warn('topic-settings-unseen', { topic: name, problem });
  const refused: string[] = [];
  for (const topic of found) {
    const { replicationFactor } = settings;
    const problems = settingProblems(topic, { recordBytes: MAX_RECORD_BYTES, replicationFactor });
    const command = mendingCommand(problems, settings.brokers);
    const hint = command === null ? {} : { hint: command };
    const told = problems.filter((problem) => !problem.refused).map(problemInWords);
    if (told.length > 0) logger.warn('topic-settings-differ', { topic: topic.name, problem: told.join('; '), ...hint });
    const broken = problems.filter((problem) => problem.refused).map(problemInWords);
    if (broken.length > 0)
      refused.push(`${topic.name} breaks what is promised: ${broken.join('; ')}. Run \`${command}\``);
  }
  return refused.length === 0 ? null : refused.join('. ');
}

/** The same on a connection of its own, without a word in the log. */
export const lookAtSettings = (
  kafka: Kafka,
  { reads, writes }: UsedTopics,
  settings: KafkaSettings,
): Promise<string | null> =>
  withAdmin(kafka, settings.brokers, (admin) =>
    refusedSettings(kafka, admin, [...reads, ...writes], settings, { warn: () => undefined }),
  );

async function checkSettings(...of: Parameters<typeof refusedSettings>): Promise<void> {
  const refused = await refusedSettings(...of);
  if (refused !== null) throw new TopicSettingsError(refused);
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
    // Records carry the broker's time: by one of their own, a producer whose clock is wrong would be refused.
    'message.timestamp.type': 'LogAppendTime',
    // A batch stays as its producer compressed it: no broker's default makes it one that a reader cannot undo.
    'compression.type': 'producer',
    ...(topic === 'deadLetters' ? { 'max.message.bytes': String(MAX_RECORD_BYTES + DEAD_LETTER_HEADERS_BYTES) } : {}),
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

async function checkPartitions(admin: Admin, topics: readonly TopicId[], settings: KafkaSettings): Promise<void> {
  const names = topics.map((topic) => topicName(settings.topicPrefix, topic));
  const metadata = await withLeaders(() => admin.fetchTopicMetadata({ topics: names }));
  const wrong = metadata.topics.filter((topic) => topic.partitions.length !== settings.partitions);
  if (wrong.length === 0) return;
  const found = wrong.map((topic) => `${topic.name} has ${topic.partitions.length}`).join(', ');
  throw new TopicError(
    `KAFKA_PARTITIONS is ${settings.partitions}, but ${found}. The number is fixed for life: set KAFKA_PARTITIONS to what the topics have, or copy the events to other topics with \`npm run repartition\``,
  );
}
