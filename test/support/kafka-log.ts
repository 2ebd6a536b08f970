import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { withLeaders } from '../../services/shared/kafka/with-leaders.ts';
import { eventually } from './eventually.ts';

/** A record as it lies in the log. */
export type LoggedRecord = Readonly<{
  topic: string;
  partition: number;
  offset: number;
  timestampMs: number;
  key: string | null;
  value: Buffer | null;
  headers: Readonly<Record<string, string>>;
}>;

export const testKafka = (brokers: string): Kafka =>
  new Kafka({ clientId: 'test', brokers: brokers.split(','), logLevel: logLevel.NOTHING });

/** All records of these topics up to the ends that stand now, by topic, partition and offset. */
export async function readLog(
  brokers: string,
  topics: readonly string[],
  deadlineMs = 60_000,
): Promise<readonly LoggedRecord[]> {
  const kafka = testKafka(brokers);
  const ends = await endsOf(kafka, topics);
  const records: LoggedRecord[] = [];
  const reached = new Map<string, number>();
  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}`, readUncommitted: false, maxWaitTimeInMs: 100 });
  consumer.on('consumer.end_batch_process', ({ payload }) => {
    reached.set(`${payload.topic}/${payload.partition}`, Number(payload.lastOffset) + 1);
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) {
          records.push({
            topic: batch.topic,
            partition: batch.partition,
            offset: Number(message.offset),
            timestampMs: Number(message.timestamp),
            key: message.key?.toString() ?? null,
            value: message.value,
            headers: Object.fromEntries(
              Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
            ),
          });
        }
      },
    });
    await eventually(() => [...ends].every(([partition, end]) => end === 0 || (reached.get(partition) ?? 0) >= end), {
      deadlineMs,
      what: () => `the ends of ${topics.join(', ')}`,
    });
  } finally {
    await consumer.disconnect();
  }
  return records
    .filter(({ topic, partition, offset }) => offset < (ends.get(`${topic}/${partition}`) ?? 0))
    .sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition || a.offset - b.offset);
}

async function endsOf(kafka: Kafka, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const ends = new Map<string, number>();
    for (const topic of topics) {
      for (const { partition, offset, low } of await withLeaders(() => admin.fetchTopicOffsets(topic))) {
        ends.set(`${topic}/${partition}`, offset === low ? 0 : Number(offset));
      }
    }
    return ends;
  } finally {
    await admin.disconnect();
  }
}
