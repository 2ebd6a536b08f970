import { randomUUID } from 'node:crypto';
import type { Batch, Kafka } from 'kafkajs';
import type { SourceRecord } from '../projection/records.ts';
import { explainReading } from './explain-reading.ts';
import { useOwnFetchDecoder } from './fetch/use-own-fetch-decoder.ts';
import { sourceBatch } from './projection/source-batch.ts';

/** Reads one partition of some topics as far as it is told, each record once and in order, and holds no more than one fetch in memory. */
export type PartitionReader = Readonly<{
  /**
   * Hands on the records before `end` that were not handed on yet, and resolves once all have been. Rejects when the reader cannot go on. Never call it twice at
   * once for a topic.
   */
  readTo: (topic: string, end: number) => Promise<void>;
  /** The next offset to read. */
  position: (topic: string) => number;
  stop: () => Promise<void>;
}>;

export type PartitionReaderOptions = Readonly<{
  /** Where each topic's partition begins. */
  from: Readonly<Record<string, number>>;
  partition: number;
  /** Group ids begin with this, so that one ACL covers them; each reader has a group of its own and commits nothing. */
  groupPrefix: string;
}>;

type Place = { position: number; end: number; reached: (() => void) | null };

/**
 * kafkajs has no way to read one partition without a group: the member of a random one pauses all partitions as it joins, and a topic is fetched only while it is
 * read. `onRecords` is waited for before more is fetched; if it throws, the reading fails.
 */
export function startPartitionReader(
  kafka: Kafka,
  { from, partition, groupPrefix }: PartitionReaderOptions,
  onRecords: (topic: string, records: readonly SourceRecord[]) => Promise<void>,
): PartitionReader {
  useOwnFetchDecoder();
  const topics = Object.keys(from);
  const places = new Map<string, Place>(
    Object.entries(from).map(([topic, position]) => [topic, { position, end: position, reached: null }]),
  );
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const consumer = kafka.consumer({
    groupId: `${groupPrefix}${randomUUID()}`,
    readUncommitted: false,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { retries: 8 },
  });
  const placeOf = (topic: string): Place => {
    const place = places.get(topic);
    if (place === undefined) throw new Error(`${topic} is not read`);
    return place;
  };
  let stopped = false;
  let joined = false;

  const fail = async (error: Error): Promise<void> => {
    if (!stopped) failed.reject(await explainReading(kafka, error, { topics, groupPrefix }));
  };
  const fetch = (topic: string, { position }: Place): void => {
    if (stopped || !joined) return;
    consumer.seek({ topic, partition, offset: String(position) });
    consumer.resume([{ topic, partitions: [partition] }]);
  };
  const advance = (topic: string, place: Place, offset: number): void => {
    place.position = Math.max(place.position, Math.min(offset, place.end));
    if (place.position < place.end || place.reached === null) return;
    if (!stopped) consumer.pause([{ topic, partitions: [partition] }]);
    place.reached();
    place.reached = null;
  };
  // Called before anything is fetched: kafkajs emits this event synchronously (rule 7).
  consumer.on('consumer.group_join', ({ payload: { memberAssignment } }) => {
    if (stopped) return;
    consumer.pause(Object.entries(memberAssignment).map(([topic, partitions]) => ({ topic, partitions })));
    joined = true;
    for (const [topic, place] of places) if (place.reached !== null) fetch(topic, place);
  });
  // Rule 12: without this the reader would wait for ever.
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) void fail(payload.error);
  });
  // Offsets that hold no record for us, such as transaction markers, never reach eachBatch (rule 9).
  consumer.on('consumer.end_batch_process', ({ payload: { topic, batchSize, lastOffset } }) => {
    if (batchSize === 0) advance(topic, placeOf(topic), Number(lastOffset) + 1);
  });

  const take = async (batch: Batch): Promise<void> => {
    const { topic, fromOffset, nextOffset, records } = sourceBatch(batch);
    const place = placeOf(topic);
    if (place.reached === null) return;
    // A batch of a fetch before the last seek.
    if (fromOffset > place.position) return fetch(topic, place);
    const wanted = records.filter(({ offset }) => offset >= place.position && offset < place.end);
    if (wanted.length > 0) await onRecords(topic, wanted);
    advance(topic, place, nextOffset);
  };
  const start = async (): Promise<void> => {
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: topics.length,
      eachBatch: ({ batch }) =>
        take(batch).catch((error: Error) => {
          void fail(error);
          throw error;
        }),
    });
  };
  const started = start().catch(fail);

  return {
    readTo: async (topic, end) => {
      const place = placeOf(topic);
      if (place.position >= end) return;
      place.end = end;
      const reached = Promise.withResolvers<void>();
      place.reached = reached.resolve;
      fetch(topic, place);
      await Promise.race([reached.promise, failed.promise]);
    },
    position: (topic) => placeOf(topic).position,
    stop: async () => {
      stopped = true;
      await started;
      await consumer.disconnect().catch(() => undefined);
    },
  };
}
