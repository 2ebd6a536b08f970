import { createReader } from '../../shared/avro/reader.ts';
import { connectRegistry } from '../../shared/avro/registry.ts';
import { checkRegistry } from '../../shared/avro/schema-ids/checked-registry.ts';
import { topicName } from '../../shared/call-events/topics.ts';
import { createKafka } from '../../shared/kafka/client/connection.ts';
import { createPartitionOfKey } from '../../shared/kafka/publisher/partition-of-key.ts';
import { startTableReader, type TableRecord } from '../../shared/kafka/table-reader/table-reader.ts';
import { ensureTopics } from '../../shared/kafka/topics/ensure-topics.ts';
import { createLogEndsConnection } from '../../shared/kafka/topics/log-ends.ts';
import { schemaIdLog } from '../../shared/kafka/topics/schema-id-log.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { CallMetricsConfig } from '../config.ts';
import { createInputReaders } from '../projection/input-reader.ts';
import { readerGroupPrefixOf } from '../projection/open-codecs.ts';
import { type CountedRecord, createIdFinder, createPlaceCollector, type SharedId } from './shared-ids.ts';

export type ScanOptions = Readonly<{
  config: Pick<CallMetricsConfig, 'kafka' | 'registry'>;
  /** Reads records from this log time on (Unix time in milliseconds); null: all records. */
  sinceMs: number | null;
  logger: Logger;
  /** Called with the records read so far and their total, over all passes. */
  onProgress: (read: number, total: number) => void;
  /** One pass over the log handles this many records; a last pass locates what was found. It bounds the memory: about 300 MB by default. */
  recordsPerPass?: number;
}>;

export type ScanReport = Readonly<{
  records: number;
  /** Records that call-metrics does not count: they are in `dead-letters`. */
  uncounted: number;
  shared: readonly SharedId[];
}>;

const RECORDS_PER_PASS = 1_000_000;

/**
 * Reads both inputs up to their current ends and finds the ids that count more than once, because they were sent for more
 * than one user or number. Writes nothing. Rejects with what is wrong with Kafka, the registry or the settings.
 */
export async function scanIds(options: ScanOptions): Promise<ScanReport> {
  const { kafka: settings, registry: registrySettings } = options.config;
  const { topicPrefix, partitions } = settings;
  const kafka = createKafka(settings, 'vxt-call-metrics-ids', options.logger);
  await ensureTopics(
    kafka,
    { reads: ['callLogs', 'voicemails', 'schemaIds'], writes: [] },
    { ...settings, createTopics: false },
    options.logger,
  );
  const groupPrefix = readerGroupPrefixOf(topicPrefix);
  const ids = schemaIdLog(kafka, topicPrefix, groupPrefix);
  const registry = await checkRegistry(connectRegistry(registrySettings), ids, registrySettings.url);
  const inputs = { callLog: topicName(topicPrefix, 'callLogs'), voicemail: topicName(topicPrefix, 'voicemails') };
  const readers = createInputReaders(
    {
      callLogs: createReader(registry, 'callLogs'),
      voicemails: createReader(registry, 'voicemails'),
    },
    inputs,
    createPartitionOfKey(partitions),
  );
  const topics = Object.values(inputs);
  const span = await spanOf(kafka, topics, options.sinceMs);
  const passes = Math.max(1, Math.ceil(span.records / (options.recordsPerPass ?? RECORDS_PER_PASS)));
  const total = span.records * (passes + 1);
  let read = 0;
  let uncounted = 0;

  /** Those records of one partition that count, in order. */
  const countedOf = async (records: readonly TableRecord[]): Promise<readonly CountedRecord[]> => {
    const wanted = records.filter(({ topic, partition, offset }) => offset < span.endOf(topic, partition));
    const reader = readers.get(records[0]?.topic ?? '');
    if (reader === undefined) return [];
    await reader.learn(
      wanted.flatMap(({ value, unreadable }) => (value === null || unreadable !== null ? [] : [value])),
    );
    read += wanted.length;
    options.onProgress(read, total);
    return wanted.flatMap((record) => {
      const { topic, partition, offset } = record;
      const found = reader.read({ ...record, key: null }, record.timestampMs);
      if (!found.ok) {
        uncounted += 1;
        return [];
      }
      return [{ input: reader.input, id: found.id, subject: found.event.subject, place: { topic, partition, offset } }];
    });
  };
  const readAll = async (onCounted: (record: CountedRecord) => void): Promise<void> => {
    uncounted = 0;
    const reader = startTableReader(
      kafka,
      {
        topics,
        groupPrefix,
        ...(options.sinceMs === null ? {} : { sinceMs: options.sinceMs }),
      },
      async (records) => (await countedOf(records)).forEach(onCounted),
    );
    try {
      await Promise.race([reader.caughtUp, reader.failed.then((error) => Promise.reject(error))]);
    } finally {
      await reader.stop();
    }
  };

  const finder = createIdFinder(passes);
  for (let pass = 0; pass < passes; pass += 1) {
    await readAll(finder.add);
    finder.nextPass();
  }
  const collector = createPlaceCollector(finder.found());
  if (finder.found().size > 0) await readAll(collector.add);
  return { records: span.records, uncounted, shared: collector.shared() };
}

/** The number of offsets to read, and where each partition ends. */
async function spanOf(
  kafka: Parameters<typeof createLogEndsConnection>[0],
  topics: readonly string[],
  sinceMs: number | null,
) {
  const connection = createLogEndsConnection(kafka, topics);
  try {
    const place = (topic: string, partition: number): string => `${topic}/${partition}`;
    const ends = new Map<string, number>();
    let records = 0;
    for (const { topic, partition, low, high } of await connection.fetchEnds()) {
      ends.set(place(topic, partition), high);
      records += high - low;
    }
    if (sinceMs !== null) {
      records = 0;
      for (const { topic, partition, offset } of await connection.fetchOffsetsSince(sinceMs))
        records += Math.max(0, (ends.get(place(topic, partition)) ?? 0) - offset);
    }
    return { records, endOf: (topic: string, partition: number) => ends.get(place(topic, partition)) ?? 0 };
  } finally {
    await connection.close();
  }
}
