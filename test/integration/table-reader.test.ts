import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CompressionTypes, type Producer } from 'kafkajs';
import { startTableReader, type TableRecord } from '../../services/shared/kafka/table-reader.ts';
import { withLeaders } from '../../services/shared/kafka/with-leaders.ts';
import { eventually } from '../support/eventually.ts';
import { ApiKey, startFaultProxy } from '../support/kafka-fault-proxy.ts';
import { testKafka } from '../support/kafka-log.ts';
import { isolatedStack } from '../support/stack.ts';

const { brokers, prefix } = isolatedStack();
const kafka = testKafka(brokers);
const admin = kafka.admin();
const producer = kafka.producer();

beforeAll(async () => {
  await admin.connect();
  await producer.connect();
});
afterAll(async () => {
  await producer.disconnect();
  await admin.disconnect();
});

async function createTopic(config: Readonly<Record<string, string>> = {}, partitions = 3): Promise<string> {
  const topic = `${prefix}${randomUUID()}`;
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }], waitForLeaders: true });
  return topic;
}

function read(topic: string, onRecords?: () => Promise<void>, by = kafka) {
  const records: TableRecord[] = [];
  const reader = startTableReader(by, { topics: [topic], groupPrefix: `${prefix}reader-` }, async (batch) => {
    await onRecords?.();
    records.push(...batch);
  });
  return { reader, keys: () => records.map(({ key }) => key), records };
}

const send = (to: Pick<Producer, 'send'>, topic: string, keys: readonly string[], partition = 0) =>
  to.send({ topic, messages: keys.map((key) => ({ key, value: `v-${key}`, partition, headers: { h: '1' } })) });

/** A transaction on partition 0, ended one way or the other. */
async function transact(topic: string, keys: readonly string[], end: 'commit' | 'abort', id = randomUUID()) {
  const transactional = kafka.producer({ transactionalId: `${prefix}${id}`, idempotent: true, maxInFlightRequests: 1 });
  await transactional.connect();
  const transaction = await transactional.transaction();
  await send(transaction, topic, keys);
  await transaction[end]();
  await transactional.disconnect();
}

test('When a topic is empty, then the reader is at its end at once, and reads what comes', async () => {
  const topic = await createTopic();
  const { reader, records } = read(topic);
  await reader.caughtUp;
  await send(producer, topic, ['a'], 2);
  await reader.reached(topic, 2, 1);
  expect(records).toEqual([
    {
      topic,
      partition: 2,
      offset: 0,
      timestampMs: expect.any(Number),
      key: 'a',
      value: Buffer.from('v-a'),
      headers: { h: '1' },
      transactional: false,
      unreadable: null,
    },
  ]);
  await reader.stop();
});

test('When a log ends in markers and aborted records, then the reader reaches its end without them', async () => {
  const topic = await createTopic();
  await transact(topic, ['kept'], 'commit');
  await transact(topic, ['aborted-1', 'aborted-2'], 'abort');
  await transact(topic, ['aborted-3'], 'abort');
  const { reader, keys } = read(topic);
  await reader.caughtUp;
  expect(keys()).toEqual(['kept']);
  expect(reader.position(topic, 0)).toBe(7);
  await eventually(() => reader.lag() === 0);
  await reader.stop();
});

/** Bytes of a value that fills a segment of 1 MiB so far that the cleaner cannot merge it with a neighbour. */
const FULL_SEGMENT = 1_048_490;

test('When the log cleaner emptied a segment, then the reader moves past it at once, which kafkajs by itself never does', async () => {
  const topic = await createTopic(
    { 'cleanup.policy': 'compact', 'segment.bytes': '1048576', 'min.cleanable.dirty.ratio': '0.001' },
    1,
  );
  const put = (to: Producer, keys: readonly string[], bytes: number) =>
    to.send({ topic, messages: keys.map((key) => ({ key, value: randomBytes(bytes), partition: 0 })) });
  // The broker keeps the last batch of each producer, without its records, as it holds the sequence number.
  const idempotent = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await idempotent.connect();
  await put(idempotent, ['a', 'b', 'c'], 300_000);
  await idempotent.disconnect();
  await put(producer, ['y'], FULL_SEGMENT);
  await put(producer, ['a', 'b', 'c'], 10);
  await put(producer, ['z'], FULL_SEGMENT);

  const offsets = await eventually(
    async () => {
      const { reader, records } = read(topic);
      await reader.caughtUp;
      await reader.stop();
      return records[0]?.offset !== 0 && records.map(({ offset }) => offset);
    },
    { deadlineMs: 90_000, everyMs: 1_000, what: () => 'a batch that the cleaner emptied' },
  );
  expect(offsets).toEqual([3, 4, 5, 6, 7]);
});

test.each([
  ['gzip', CompressionTypes.GZIP],
  ['snappy', CompressionTypes.Snappy],
  ['lz4', CompressionTypes.LZ4],
  ['zstd', CompressionTypes.ZSTD],
] as const)(
  'When a batch is compressed with %s, by the broker or by a client, then it is read',
  async (name, compression) => {
    const topic = await createTopic({ 'compression.type': name });
    // Java's own code writes it, several blocks of it.
    const values = Array.from({ length: 400 }, (_, index) => `${index} `.repeat(100));
    await producer.send({ topic, messages: values.map((value) => ({ value, partition: 0 })) });
    const { reader, records } = read(topic);
    await reader.caughtUp;
    expect(records.map(({ value }) => String(value))).toEqual(values);
    const asItIs = await createTopic({ 'compression.type': 'producer' });
    await producer.send({ topic: asItIs, compression, messages: values.map((value) => ({ value, partition: 0 })) });
    const other = read(asItIs);
    await other.reader.caughtUp;
    expect(other.records.map(({ value }) => String(value))).toEqual(values);
    await reader.stop();
    await other.reader.stop();
  },
);

test('When the handler throws, then the reader fails with that error', async () => {
  const topic = await createTopic();
  await send(producer, topic, ['a']);
  const { reader } = read(topic, () => Promise.reject(new Error('the registry is away')));
  expect((await reader.failed).message).toBe('the registry is away');
  await reader.stop();
});

test('When the topic is created anew, then the reader fails instead of showing what is gone', async () => {
  const topic = await createTopic({}, 1);
  await send(producer, topic, ['a', 'b']);
  const { reader } = read(topic);
  await reader.caughtUp;
  await admin.deleteTopics({ topics: [topic] });
  await eventually(async () => !(await admin.listTopics()).includes(topic));
  await withLeaders(() => admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true }));
  expect(await reader.failed).toBeInstanceOf(Error);
  await reader.stop();
});

/** NOT_LEADER_OR_FOLLOWER, for all partitions of a ListOffsets answer: size, correlation id, throttle time (from version 2 on), then topics. */
function notLeader(frame: Buffer, version: number): Buffer {
  const answer = Buffer.from(frame);
  let at = version >= 2 ? 12 : 8;
  const next = (): number => {
    at += 4;
    return answer.readInt32BE(at - 4);
  };
  for (let topics = next(); topics > 0; topics -= 1) {
    at += 2 + answer.readInt16BE(at);
    for (let partitions = next(); partitions > 0; partitions -= 1) {
      answer.writeInt16BE(6, at + 4);
      at += 22;
    }
  }
  return answer;
}

test('When brokers say that they are not the leader, as they do of a topic made a moment ago, then the reader asks again', async () => {
  const topic = await createTopic();
  await send(producer, topic, ['a']);
  let refused = 0;
  const proxy = await startFaultProxy(brokers, {
    alter: ({ apiKey, apiVersion }, frame) => {
      if (apiKey !== ApiKey.listOffsets || refused === 10) return frame;
      refused += 1;
      return notLeader(frame, apiVersion);
    },
  });
  const { reader, keys } = read(topic, undefined, testKafka(proxy.address));
  await Promise.race([reader.caughtUp, reader.failed.then((error) => Promise.reject(error))]);
  expect(keys()).toEqual(['a']);
  expect(refused).toBe(10);
  await reader.stop();
  await proxy.close();
});

/** Takes a member out of its group, as the coordinator does when it has not heard of it for too long: LeaveGroup, version 0. */
async function evict(groupId: string, memberId: string): Promise<void> {
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.of(value.length >> 8, value.length & 255), Buffer.from(value)]);
  const [apiKey, version, correlationId, clientId] = [
    [0, 13],
    [0, 0],
    [0, 0, 0, 1],
    [255, 255],
  ];
  const header = Buffer.from([...apiKey, ...version, ...correlationId, ...clientId]);
  const request = Buffer.concat([header, text(groupId), text(memberId)]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(request.length);
  const [host = '', port = ''] = brokers.split(':');
  const socket = connect({ host, port: Number(port) });
  socket.write(Buffer.concat([size, request]));
  const [answer]: Buffer[] = await once(socket, 'data');
  socket.destroy();
  expect(answer?.readInt16BE(8)).toBe(0);
}

test('When the reader was put out of its group, then it goes on where it was, and reads nothing twice', async () => {
  const topic = await createTopic();
  await send(producer, topic, ['a', 'b']);
  const { reader, keys } = read(topic);
  await reader.caughtUp;
  const { groups } = await admin.listGroups();
  const own = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(`${prefix}reader-`));
  const { groups: described } = await admin.describeGroups(own);
  const members = described.flatMap((group) =>
    group.members.map(({ memberId }) => ({ groupId: group.groupId, memberId })),
  );
  expect(members).toHaveLength(1);
  for (const { groupId, memberId } of members) await evict(groupId, memberId);
  await send(producer, topic, ['c']);
  await Promise.race([reader.reached(topic, 0, 3), reader.failed.then((error) => Promise.reject(error))]);
  await send(producer, topic, ['d'], 1);
  await reader.reached(topic, 1, 1);
  expect(keys()).toEqual(['a', 'b', 'c', 'd']);
  await reader.stop();
});
