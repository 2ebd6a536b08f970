import { type TopicId, topicName } from '../../shared/call-events/topics.ts';
import { createKafka, type KafkaSettings } from '../../shared/kafka/connection.ts';
import { type CopyWriter, openCopyWriter } from '../../shared/kafka/copy-writer.ts';
import { ensureTopics } from '../../shared/kafka/ensure-topics.ts';
import { startPartitionReader } from '../../shared/kafka/partition-reader.ts';
import { createLogEnds, type EndsOfTopics } from '../../shared/kafka/projection/log-ends.ts';
import { createPartitionOfKey } from '../../shared/kafka/publisher/partition-of-key.ts';
import { startTableReader } from '../../shared/kafka/table-reader.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { COPIED_FROM, type CopiedUpTo, copyOf, noteCopy } from './copied-from.ts';

/** What the totals are made of. Bodies that were not recognised, and dead letters, stay where they are. */
const events: readonly TopicId[] = ['callLogs', 'voicemails'];

export type RepartitionOptions = Readonly<{
  config: Readonly<{ kafka: KafkaSettings }>;
  logger: Logger;
  toPrefix: string;
  toPartitions: number;
  dryRun: boolean;
  /** Records copied of those that are to be. */
  progress: (copied: number, total: number) => void;
}>;

export type RepartitionReport = Readonly<{ copied: number; copiedBefore: number; waiting: number }>;

/**
 * Copies the events of a topic prefix to topics of another one, with another number of partitions, each event once, however often it runs and whatever ends it:
 * a copy tells in a header where its original is, and is committed only together with those before it. Events of a key keep their order within each of their old
 * partitions. A copy has the log time of the copying.
 */
export async function repartition(options: RepartitionOptions): Promise<RepartitionReport> {
  const { config, logger, toPrefix, toPartitions, dryRun, progress } = options;
  const { brokers, topicPrefix } = config.kafka;
  if (toPrefix === topicPrefix) throw new Error(`--to-prefix is that of the events themselves: ${topicPrefix}`);
  const kafka = createKafka(config.kafka, 'vxt-repartition', logger);
  const targets = new Map(events.map((id) => [topicName(topicPrefix, id), topicName(toPrefix, id)]));
  const ends = await createLogEnds(kafka, brokers, [...targets.keys()])();
  const inLog = recordsAfter(ends, new Map());
  if (dryRun) return { copied: 0, copiedBefore: 0, waiting: inLog };

  const target = { ...config.kafka, topicPrefix: toPrefix, partitions: toPartitions };
  await ensureTopics(kafka, { reads: [], writes: events }, target, logger);
  const writer = await openCopyWriter(kafka, `${toPrefix}repartition`);
  try {
    const groupPrefix = `${toPrefix}repartition-`;
    const copiedUpTo = await readCopies(kafka, [...targets.values()], groupPrefix);
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
    return { copied, copiedBefore: inLog - total, waiting: 0 };
  } finally {
    await writer.close();
  }
}

type Kafka = ReturnType<typeof createKafka>;

type Copying = Readonly<{
  ends: EndsOfTopics;
  copiedUpTo: CopiedUpTo;
  targets: ReadonlyMap<string, string>;
  partition: number;
  toPartitions: number;
  groupPrefix: string;
  writer: CopyWriter;
}>;

async function copyPartition(kafka: Kafka, copying: Copying, copied: (records: number) => void): Promise<void> {
  const { ends, copiedUpTo, targets, partition, toPartitions, groupPrefix, writer } = copying;
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
    copied(records.length);
  });
  try {
    for (const topic of topics) await reader.readTo(topic, end(topic));
  } finally {
    await reader.stop();
  }
}

/** How far earlier runs came, told by the copies themselves. */
async function readCopies(kafka: Kafka, topics: readonly string[], groupPrefix: string): Promise<CopiedUpTo> {
  const copied: CopiedUpTo = new Map();
  const reader = startTableReader(kafka, { topics, groupPrefix }, (records) => {
    for (const { headers } of records) noteCopy(copied, headers[COPIED_FROM]);
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
