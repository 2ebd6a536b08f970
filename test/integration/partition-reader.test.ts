import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { startPartitionReader } from '../../services/shared/kafka/partition-reader.ts';
import { eventually } from '../support/eventually.ts';
import { testKafka } from '../support/kafka-log.ts';

/** Records `from` to before `to`, each with its number as its value. */
const numbered = (partition: number, from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ partition, value: String(from + index) }));

test('When a partition is read in steps, then each record before a step’s end comes once, in order, and neither aborted ones nor those of another partition', async () => {
  const kafka = testKafka(process.env.KAFKA_BROKERS ?? '');
  const topic = `t${randomBytes(3).toString('hex')}.steps`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1 }], waitForLeaders: true });
  const producer = kafka.producer({ transactionalId: `${topic}-writer`, maxInFlightRequests: 1 });
  await producer.connect();
  /** For readers of committed records. */
  const end = async () => Number((await admin.fetchTopicOffsets(topic)).find(({ partition }) => partition === 1)?.high);
  const write = async (from: number, to: number, how: 'commit' | 'abort') => {
    const before = await end();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [...numbered(1, from, to), ...numbered(0, 90_000, 90_100)] });
    await transaction[how]();
    // The broker answers before it writes the markers that move the end for readers.
    await eventually(async () => (await end()) > before + to - from);
  };
  await write(0, 2_000, 'commit');
  await write(80_000, 81_000, 'abort');
  await write(2_000, 3_000, 'commit');

  const read: number[] = [];
  let longest = 0;
  const reader = startPartitionReader(
    kafka,
    { from: { [topic]: 0 }, partition: 1, groupPrefix: 'test-' },
    async (_topic, records) => {
      longest = Math.max(longest, records.at(-1)?.offset ?? 0);
      read.push(...records.map(({ value }) => Number(value)));
    },
  );
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
  await reader.readTo(topic, 1_234);
  expect([reader.position(topic), longest, read]).toEqual([1_234, 1_233, upTo(1_234)]);
  await reader.readTo(topic, 1_000);
  expect(reader.position(topic)).toBe(1_234);
  await reader.readTo(topic, await end());
  expect([reader.position(topic), read]).toEqual([await end(), upTo(3_000)]);
  await write(3_000, 3_500, 'commit');
  expect(read).toHaveLength(3_000);
  await reader.readTo(topic, await end());
  expect(read).toEqual(upTo(3_500));

  await reader.stop();
  await producer.disconnect();
  await admin.disconnect();
});

test('When what takes the records fails, then the reading rejects with that', async () => {
  const kafka = testKafka(process.env.KAFKA_BROKERS ?? '');
  const topic = `t${randomBytes(3).toString('hex')}.fails`;
  const producer = kafka.producer();
  const admin = kafka.admin();
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }], waitForLeaders: true });
  await producer.send({ topic, messages: numbered(0, 0, 10) });
  const reader = startPartitionReader(kafka, { from: { [topic]: 0 }, partition: 0, groupPrefix: 'test-' }, async () => {
    throw new Error('the fold failed');
  });
  await expect(reader.readTo(topic, 10)).rejects.toThrow('the fold failed');
  await reader.stop();
  await Promise.all([admin.disconnect(), producer.disconnect()]);
});
