import { connectRegistry } from '../../shared/avro/registry.ts';
import { askingOnly } from '../../shared/avro/schema-ids/asking-only.ts';
import { checkRegistry } from '../../shared/avro/schema-ids/checked-registry.ts';
import { type TopicId, topicName } from '../../shared/call-events/topics.ts';
import { createKafka } from '../../shared/kafka/connection.ts';
import { ensureTopics } from '../../shared/kafka/ensure-topics.ts';
import { openExclusiveWriter } from '../../shared/kafka/exclusive-writer.ts';
import { createPartitionOfKey } from '../../shared/kafka/publisher/partition-of-key.ts';
import { schemaIdLog } from '../../shared/kafka/schema-id-log.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { IngressConfig } from '../config.ts';
import { createEncoders } from '../create-encoders.ts';
import { ingressTopics } from '../topics.ts';
import { createFinder, type Failure, type Findings } from './find-redrivable.ts';
import { judgeKept, type RecogniseBody } from './judge-kept.ts';
import { type KeptLog, openKeptLog } from './kept-log.ts';
import { publishRedrivable } from './publish-redrivable.ts';
import { openRedriveWriter, type RedriveWriter } from './redrive-writer.ts';

export type RedriveOptions = Readonly<{
  config: Pick<IngressConfig, 'kafka' | 'registry'>;
  logger: Logger;
  recogniseBody: RecogniseBody;
  dryRun: boolean;
  /** Called after every transaction with the number of events published so far, of `total`. */
  onProgress: (published: number, total: number) => void;
  /** The most bytes of events held in memory: where there are more, the topic is read again for them. */
  keepBytes?: number;
}>;

export type RedriveReport = Readonly<{
  /** The topic that was read. */
  topic: string;
  /** How many events were published by this run or, dry, would be; by topic. */
  published: Readonly<Partial<Record<TopicId, number>>>;
  redrivenBefore: number;
  /** How many webhooks are still not recognised, by reason. They stay, for a later version. */
  unrecognised: Readonly<Record<string, number>>;
  /** What could not be redriven: broken records, and events that Kafka refuses. They stay, and a later run tries them again. */
  failed: readonly Failure[];
}>;

const KEEP_BYTES = 256 * 1024 * 1024;

/**
 * Publishes what is recognised now of `unrecognised-webhooks` to its proper topic, exactly as if it had just come: with
 * the trace and, where the event has no time of its own, the receive time it had. Each event is committed in one
 * transaction with a marker of its own, and a run fences the run before it, so that no event is published twice. No
 * record ends a run. Throws where Kafka or the registry is unavailable, or does not say whether it committed: the next
 * run then finds out.
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
  const encoders = await createEncoders(dryRun ? askingOnly(registry) : registry, config);
  const log = openKeptLog(kafka, topicName(topicPrefix, 'unrecognisedWebhooks'), groupPrefix);
  const find = async (keep: number): Promise<Findings> => {
    const finder = createFinder((kept) => judgeKept(kept, options.recogniseBody, encoders), log.redriven, keep);
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

/** Publishes as many as are held in memory, reads the topic again, and so on until there are no more. */
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
    // This run does not try them again.
    for (const { place } of refused) log.redriven.add(place);
    if (found.first.length === sumOf(found.redrivable)) break;
  }
  const { redrivenBefore, unrecognised } = begin;
  return { topic: log.topic, published, redrivenBefore, unrecognised, failed };
}

const sumOf = (counts: Readonly<Partial<Record<TopicId, number>>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
