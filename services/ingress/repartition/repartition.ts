import { type TopicId, topicName } from '../../shared/call-events/topics.ts';
import { createKafka, type KafkaSettings } from '../../shared/kafka/client/connection.ts';
import { startPartitionReader } from '../../shared/kafka/partition-reader/partition-reader.ts';
import { createPartitionOfKey } from '../../shared/kafka/publisher/partition-of-key.ts';
import { startTableReader } from '../../shared/kafka/table-reader/table-reader.ts';
import { ensureTopics } from '../../shared/kafka/topics/ensure-topics.ts';
import { createLogEnds, type EndsOfTopics } from '../../shared/kafka/topics/log-ends.ts';
import { type CopyWriter, openCopyWriter } from '../../shared/kafka/transactions/copy-writer.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { COPIED_FROM, type CopiedUpTo, copyOf, trackCopy } from './copied-from.ts';

/** The topics that totals are computed from. Unrecognised webhooks and dead letters stay where they are. */
const events: readonly TopicId[] = ['callLogs', 'voicemails'];

export type RepartitionOptions = Readonly<{
  config: Readonly<{ kafka: KafkaSettings }>;
  logger: Logger;
  toPrefix: string;
  toPartitions: number;
  dryRun: boolean;
  /** Called with the records copied so far, and the number to be copied. */
  progress: (copied: number, total: number) => void;
}>;

export type RepartitionReport = Readonly<{ copied: number; copiedBefore: number; pending: number }>;

/**
 * Copies the events of one topic prefix to topics of another, with another number of partitions. Each event is copied once, however often the command runs or
 * crashes: a copy locates its original in a header, and is committed only together with those before it. Events of a key keep their order within each old
 * partition. The log time of a copy is when it was copied.
 */
export async function repartition(options: RepartitionOptions): Promise<RepartitionReport> {
  const { config, logger, toPrefix, toPartitions, dryRun, progress } = options;
  const { brokers, topicPrefix } = config.kafka;
  if (toPrefix === topicPrefix)
    throw new Error(`--to-prefix is the prefix that the events already have: ${topicPrefix}`);
  const kafka = createKafka(config.kafka, 'vxt-repartition', logger);
  const targets = new Map(events.map((id) => [topicName(topicPrefix, id), topicName(toPrefix, id)]));
  const ends = await createLogEnds(kafka, brokers, [...targets.keys()])();
  const inLog = recordsAfter(ends, new Map());
  if (dryRun) return { copied: 0, copiedBefore: 0, pending: inLog };

  const target = { ...config.kafka, topicPrefix: toPrefix, partitions: toPartitions };
  await ensureTopics(kafka, { reads: [], writes: events }, target, logger);
  const writer = await openCopyWriter(kafka, `${toPrefix}repartition`);
  try {
    const groupPrefix = `${toPrefix}repartition-`;
    const copiedUpTo = await readProgress(kafka, [...targets.values()], groupPrefix);
    const total = recordsAfter(ends, copiedUpTo);
    let copied = 0;
    const partitions = Math.max(0, ...[...ends.values()].map(({ size }) => size));
    for (let partition = 0; partition < partitions; partition += 1) {
      await copyPartition(
        kafka,
        { ends, copiedUpTo, targets, partition, toPartitions, groupPrefix, writer },
        (count) => {
          copied += count;
          progress(copied, Math.max(copied, total));
        },
      );
    }
    return { copied, copiedBefore: inLog - total, pending: 0 };
  } finally {
    await writer.close();
  }
}

type Kafka = ReturnType<typeof createKafka>;

type PartitionCopy = Readonly<{
  ends: EndsOfTopics;
  copiedUpTo: CopiedUpTo;
  targets: ReadonlyMap<string, string>;
  partition: number;
  toPartitions: number;
  groupPrefix: string;
  writer: CopyWriter;
}>;

async function copyPartition(kafka: Kafka, copy: PartitionCopy, onCopied: (records: number) => void): Promise<void> {
  const { ends, copiedUpTo, targets, partition, toPartitions, groupPrefix, writer } = copy;
  const partitionOf = createPartitionOfKey(toPartitions);
  const from = Object.fromEntries(
    [...targets.keys()].flatMap((topic) => {
      const log = ends.get(topic)?.get(partition);
      return log === undefined ? [] : [[topic, Math.max(log.low, copiedUpTo.get(`${topic}/${partition}`) ?? 0)]];
    }),
  );
  const topics = Object.keys(from);
  const end = (topic: string): number => ends.get(topic)?.get(partition)?.high ?? 0;
  if (topics.every((topic) => (from[topic] ?? 0) >= end(topic))) return;
  const reader = startPartitionReader(kafka, { from, partition, groupPrefix }, async (topic, records) => {
    await writer.write(records.map((record) => copyOf(record, targets.get(topic) ?? '', toPartitions, partitionOf)));
    onCopied(records.length);
  });
  try {
    for (const topic of topics) await reader.readTo(topic, end(topic));
  } finally {
    await reader.stop();
  }
}

/** How far earlier runs got, according to the copies themselves. */
async function readProgress(kafka: Kafka, topics: readonly string[], groupPrefix: string): Promise<CopiedUpTo> {
  const copied: CopiedUpTo = new Map();
  const reader = startTableReader(kafka, { topics, groupPrefix }, (records) => {
    for (const { headers } of records) trackCopy(copied, headers[COPIED_FROM]);
  });
  try {
    await Promise.race([reader.caughtUp, reader.failed.then((error) => Promise.reject(error))]);
  } finally {
    await reader.stop();
  }
  return copied;
}

function recordsAfter(ends: EndsOfTopics, copied: CopiedUpTo): number {
  return [...ends]
    .flatMap(([topic, found]) =>
      [...found].map(([partition, { low, high }]) => ({ low, high, place: `${topic}/${partition}` })),
    )
    .reduce((sum, { low, high, place }) => sum + Math.max(0, high - Math.max(low, copied.get(place) ?? 0)), 0);
}
