import { connectRegistry } from '../../shared/avro/registry.ts';
import { checkRegistry } from '../../shared/avro/schema-ids/checked-registry.ts';
import { dryRunRegistry } from '../../shared/avro/schema-ids/dry-run-registry.ts';
import { type TopicId, topicName } from '../../shared/call-events/topics.ts';
import { createKafka } from '../../shared/kafka/client/connection.ts';
import { createPartitionOfKey } from '../../shared/kafka/publisher/partition-of-key.ts';
import { ensureTopics } from '../../shared/kafka/topics/ensure-topics.ts';
import { schemaIdLog } from '../../shared/kafka/topics/schema-id-log.ts';
import { openExclusiveWriter } from '../../shared/kafka/transactions/exclusive-writer.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { IngressConfig } from '../config.ts';
import { createEncoders } from '../publishing/create-encoders.ts';
import { ingressTopics } from '../publishing/topics.ts';
import { createFinder, type Failure, type Findings } from './find-redrivable.ts';
import { type KeptLog, openKeptLog } from './kept-log.ts';
import { publishRedrivable } from './publish-redrivable.ts';
import { openRedriveWriter, type RedriveWriter } from './redrive-writer.ts';
import { type RecogniseBody, reparse } from './reparse.ts';

export type RedriveOptions = Readonly<{
  config: Pick<IngressConfig, 'kafka' | 'registry'>;
  logger: Logger;
  recogniseBody: RecogniseBody;
  dryRun: boolean;
  /** Called after every transaction with the number of events published so far, of `total`. */
  onProgress: (published: number, total: number) => void;
  /** The most bytes of events held in memory. If there are more, the topic is read again. */
  keepBytes?: number;
}>;

export type RedriveReport = Readonly<{
  /** The topic that was read. */
  topic: string;
  /** How many events this run published, or would publish in a dry run, by topic. */
  published: Readonly<Partial<Record<TopicId, number>>>;
  redrivenBefore: number;
  /** How many webhooks are still not recognised, by reason. They stay for a later version. */
  unrecognised: Readonly<Record<string, number>>;
  /** Broken records, and events that Kafka refuses. They stay, and later runs try them again. */
  failed: readonly Failure[];
}>;

const KEEP_BYTES = 256 * 1024 * 1024;

/**
 * Publishes the webhooks in `unrecognised-webhooks` that are now recognised to their proper topics, as if they had been
 * recognised on arrival: with their original trace and, if the event has no time of its own, their original receive
 * time. Each event is committed in the same transaction as a marker, and a run fences the one before it, so no event is
 * published twice. No record can make a run fail. Throws if Kafka or the registry is unavailable, or if the outcome of a
 * commit is unknown, which the next run resolves.
 */
export async function redrive(options: RedriveOptions): Promise<RedriveReport> {
  const { config, logger, dryRun, keepBytes = KEEP_BYTES } = options;
  const { topicPrefix } = config.kafka;
  const kafka = createKafka(config.kafka, 'vxt-redrive', logger);
  const createTopics = config.kafka.createTopics && !dryRun;
  await ensureTopics(kafka, ingressTopics, { ...config.kafka, createTopics }, logger);
  const groupPrefix = `${topicPrefix}redrive-`;
  const ids = schemaIdLog(kafka, topicPrefix, groupPrefix);
  const registry = await checkRegistry(connectRegistry(config.registry), ids, config.registry.url);
  const encoders = await createEncoders(dryRun ? dryRunRegistry(registry) : registry, config);
  const log = openKeptLog(kafka, topicName(topicPrefix, 'unrecognisedWebhooks'), groupPrefix);
  const find = async (keep: number): Promise<Findings> => {
    const finder = createFinder((kept) => reparse(kept, options.recogniseBody, encoders), log.redriven, keep);
    await log.read(finder.add);
    return finder.findings();
  };
  try {
    if (dryRun) {
      await log.upToDate();
      const { redrivable, redrivenBefore, unrecognised, broken } = await find(0);
      return { topic: log.topic, published: redrivable, redrivenBefore, unrecognised, failed: broken };
    }
    const writer = await openRedriveWriter(() => openExclusiveWriter(kafka, `${topicPrefix}redrive`), log.upToDate);
    try {
      return await publishAll(options, log, writer, () => find(keepBytes));
    } finally {
      await writer.close();
    }
  } finally {
    await log.close();
  }
}

/** Publishes the events held in memory, reads the topic again for more, and so on until none are left. */
async function publishAll(
  { config, onProgress }: RedriveOptions,
  log: KeptLog,
  writer: RedriveWriter,
  find: () => Promise<Findings>,
): Promise<RedriveReport> {
  const { topicPrefix, partitions } = config.kafka;
  const published: Partial<Record<TopicId, number>> = {};
  const begin = await find();
  const failed = [...begin.broken];
  const total = sumOf(begin.redrivable);
  for (let found = begin; found.first.length > 0; found = await find()) {
    const refused = await publishRedrivable(found.first, {
      writer,
      topicPrefix,
      partitionOf: createPartitionOfKey(partitions),
      redriven: log.redriven,
      onPublished: (events) => {
        for (const { message } of events) published[message.topic] = (published[message.topic] ?? 0) + 1;
        onProgress(sumOf(published), Math.max(total, sumOf(published)));
      },
    });
    failed.push(...refused);
    // Do not try them again in this run.
    for (const { place } of refused) log.redriven.add(place);
    if (found.first.length === sumOf(found.redrivable)) break;
  }
  const { redrivenBefore, unrecognised } = begin;
  return { topic: log.topic, published, redrivenBefore, unrecognised, failed };
}

const sumOf = (counts: Readonly<Partial<Record<TopicId, number>>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
