import { createReader } from '../../shared/avro/reader.ts';
import { connectRegistry } from '../../shared/avro/registry.ts';
import { checkRegistry } from '../../shared/avro/schema-ids/checked-registry.ts';
import type { CallLog, Voicemail } from '../../shared/call-events/avro-types.generated.ts';
import { topicName } from '../../shared/call-events/topics.ts';
import { createKafka } from '../../shared/kafka/connection.ts';
import { ensureTopics } from '../../shared/kafka/ensure-topics.ts';
import { createPartitionOfKey } from '../../shared/kafka/publisher/partition-of-key.ts';
import { schemaIdLog } from '../../shared/kafka/schema-id-log.ts';
import { startTableReader, type TableRecord } from '../../shared/kafka/table-reader.ts';
import { createEndsQuestion } from '../../shared/kafka/table-reader-ends.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { CallMetricsConfig } from '../config.ts';
import { createInputReaders } from '../input-reader.ts';
import { readerGroupPrefixOf } from '../open-codecs.ts';
import { type CountedRecord, createIdFinder, createPlaceCollector, type SharedId } from './shared-ids.ts';

export type ScanOptions = Readonly<{
  config: Pick<CallMetricsConfig, 'kafka' | 'registry'>;
  /** Reads what came at this log time (Unix time in milliseconds) or later; null: all. */
  sinceMs: number | null;
  logger: Logger;
  /** Records read so far, over all passes, and how many there will be. */
  onProgress: (read: number, total: number) => void;
  /** The log is read once for so many records, and once more to tell where what was found is: that bounds the memory, by default to about 300 MB. */
  recordsPerPass?: number;
}>;

export type ScanReport = Readonly<{
  records: number;
  /** Records that call-metrics does not count, as it can not read them: they are in `dead-letters`. */
  uncounted: number;
  shared: readonly SharedId[];
}>;

const RECORDS_PER_PASS = 1_000_000;

/**
 * Reads both inputs up to the ends that stand now and tells which ids count more than once, as they are those of more than one user or number. Writes nothing. Throws
 * what is wrong with Kafka, the registry or the settings.
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
      callLogs: createReader<CallLog>(registry, 'call-log'),
      voicemails: createReader<Voicemail>(registry, 'voicemail'),
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

  /** The records of one partition that count, in order. */
  const counted = async (records: readonly TableRecord[]): Promise<readonly CountedRecord[]> => {
    const known = records.filter(({ topic, partition, offset }) => offset < span.endOf(topic, partition));
    const reader = readers.get(records[0]?.topic ?? '');
    if (reader === undefined) return [];
    await reader.learn(
      known.flatMap(({ value, unreadable }) => (value === null || unreadable !== null ? [] : [value])),
    );
    read += known.length;
    options.onProgress(read, total);
    return known.flatMap((record) => {
      const { topic, partition, offset } = record;
      const found = reader.read({ ...record, key: null }, record.timestampMs);
      if (!found.ok) {
        uncounted += 1;
        return [];
      }
      return [{ input: reader.input, id: found.id, subject: found.event.subject, place: { topic, partition, offset } }];
    });
  };
  const readAll = async (take: (record: CountedRecord) => void): Promise<void> => {
    uncounted = 0;
    const reader = startTableReader(
      kafka,
      {
        topics,
        groupPrefix,
        ...(options.sinceMs === null ? {} : { sinceMs: options.sinceMs }),
      },
      async (records) => (await counted(records)).forEach(take),
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

/** How many offsets are to be read, and where they end. */
async function spanOf(
  kafka: Parameters<typeof createEndsQuestion>[0],
  topics: readonly string[],
  sinceMs: number | null,
) {
  const question = createEndsQuestion(kafka, topics);
  try {
    const place = (topic: string, partition: number): string => `${topic}/${partition}`;
    const ends = new Map<string, number>();
    let records = 0;
    for (const { topic, partition, low, high } of await question.ask()) {
      ends.set(place(topic, partition), high);
      records += high - low;
    }
    if (sinceMs !== null) {
      records = 0;
      for (const { topic, partition, offset } of await question.since(sinceMs))
        records += Math.max(0, (ends.get(place(topic, partition)) ?? 0) - offset);
    }
    return { records, endOf: (topic: string, partition: number) => ends.get(place(topic, partition)) ?? 0 };
  } finally {
    await question.close();
  }
}
