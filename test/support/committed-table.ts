import { randomUUID } from 'node:crypto';
import { createReader } from '../../services/shared/avro/reader.ts';
import type { Registry } from '../../services/shared/avro/registry.ts';
import type { CallLog, UserCallMetrics, Voicemail } from '../../services/shared/call-events/avro-types.generated.ts';
import { callLogWebhook, voicemailWebhook } from '../../services/shared/call-events/from-record.ts';
import { topicName } from '../../services/shared/call-events/topics.ts';
import { startTableReader, type TableRecord } from '../../services/shared/kafka/table-reader.ts';
import { eventually } from './eventually.ts';
import { readLog, testKafka } from './kafka-log.ts';
import type { TestEvent } from './produce-events.ts';

/** The newest record of each key of the table, as a read_committed reader sees it; a key in two partitions is an error. */
export async function readTable(
  brokers: string,
  topicPrefix: string,
  registry: Registry,
): Promise<ReadonlyMap<string, UserCallMetrics>> {
  const reader = createReader<UserCallMetrics>(registry, 'user-call-metrics');
  const table = new Map<string, TableRecord>();
  for (const record of await readCompacted(brokers, topicName(topicPrefix, 'userCallMetrics'))) {
    const before = table.get(record.key ?? '');
    if (before !== undefined && before.partition !== record.partition)
      throw new Error(`${record.key} is in two partitions`);
    if (record.value === null) table.delete(record.key ?? '');
    else table.set(record.key ?? '', record);
  }
  const values = [...table.values()].flatMap(({ value }) => (value === null ? [] : [value]));
  await reader.learn(values);
  return new Map(
    [...table].map(([key, { value }]) => {
      const decoded = reader.decode(value ?? Buffer.alloc(0));
      if (!decoded.ok) throw new Error(decoded.reason);
      return [key, decoded.value] as const;
    }),
  );
}

/** All records of a topic in which the log cleaner may have emptied batches, which `readLog` would never pass. */
async function readCompacted(brokers: string, topic: string): Promise<readonly TableRecord[]> {
  const all: TableRecord[] = [];
  const reader = startTableReader(testKafka(brokers), { topics: [topic], groupPrefix: 'test-' }, (records) => {
    all.push(...records);
  });
  await Promise.race([reader.caughtUp, reader.failed.then((error) => Promise.reject(error))]);
  await reader.stop();
  return all;
}

/** The webhooks that lie in the inputs, decoded; what cannot be decoded is left out. */
export async function readEvents(
  brokers: string,
  topicPrefix: string,
  registry: Registry,
): Promise<readonly TestEvent[]> {
  const calls = createReader<CallLog>(registry, 'call-log');
  const voicemails = createReader<Voicemail>(registry, 'voicemail');
  const callTopic = topicName(topicPrefix, 'callLogs');
  const records = await readLog(brokers, [callTopic, topicName(topicPrefix, 'voicemails')]);
  await calls.learn(records.flatMap(({ topic, value }) => (topic === callTopic && value ? [value] : [])));
  await voicemails.learn(records.flatMap(({ topic, value }) => (topic !== callTopic && value ? [value] : [])));
  return records.flatMap(({ topic, value }): TestEvent[] => {
    if (value === null) return [];
    if (topic === callTopic) {
      const call = calls.decode(value);
      return call.ok ? [callLogWebhook(call.value) as TestEvent] : [];
    }
    const voicemail = voicemails.decode(value);
    return voicemail.ok ? [voicemailWebhook(voicemail.value) as TestEvent] : [];
  });
}

/**
 * Partitions of these topics whose last stable offset is not their high watermark: a transaction hangs there. Both are
 * told by a read_uncommitted reader's fetches and the offsets a read_committed one may reach.
 */
export async function hangingPartitions(brokers: string, topics: readonly string[]): Promise<readonly string[]> {
  const kafka = testKafka(brokers);
  const admin = kafka.admin();
  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}`, readUncommitted: true, maxWaitTimeInMs: 100 });
  const stable = new Map<string, number>();
  const high = new Map<string, number>();
  const reached = new Map<string, number>();
  consumer.on('consumer.end_batch_process', ({ payload: { topic, partition, highWatermark, lastOffset } }) => {
    high.set(`${topic}/${partition}`, Number(highWatermark));
    reached.set(`${topic}/${partition}`, Number(lastOffset) + 1);
  });
  await admin.connect();
  try {
    for (const topic of topics) {
      for (const { partition, offset, low } of await admin.fetchTopicOffsets(topic)) {
        if (offset !== low) stable.set(`${topic}/${partition}`, Number(offset));
      }
    }
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
    await eventually(() => [...stable].every(([place, offset]) => (reached.get(place) ?? 0) >= offset), {
      what: () => 'the ends of the topics',
    });
  } finally {
    await consumer.disconnect();
    await admin.disconnect();
  }
  return [...high].filter(([place, offset]) => stable.get(place) !== offset).map(([place]) => place);
}
