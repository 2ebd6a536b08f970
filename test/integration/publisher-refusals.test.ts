import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { ITopicConfig } from 'kafkajs';
import { kafkaSettings } from '../../services/shared/config/common-settings.ts';
import { readSettings } from '../../services/shared/config/settings.ts';
import { createSeverableKafka } from '../../services/shared/kafka/connection.ts';
import { boundedClient } from '../../services/shared/kafka/publisher/bounded-client.ts';
import type { OutgoingRecord } from '../../services/shared/kafka/publisher/outgoing-record.ts';
import { createPublisher, type Publisher } from '../../services/shared/kafka/publisher/publisher.ts';
import { withLeaders } from '../../services/shared/kafka/with-leaders.ts';
import { createLogger } from '../../services/shared/observability/logger.ts';
import { eventually } from '../support/eventually.ts';
import { ApiKey, startFaultProxy } from '../support/kafka-fault-proxy.ts';
import { readLog, testKafka } from '../support/kafka-log.ts';
import { isolatedStack } from '../support/stack.ts';

const stack = isolatedStack();
const DEADLINE_MS = 4_000;
const nameOf = (suffix: string): string => `${stack.prefix}${suffix}`;
const publishers: Publisher[] = [];

afterEach(async () => {
  jest.restoreAllMocks();
  for (const publisher of publishers.splice(0)) await publisher.close();
});

async function createTopic(suffix: string, config: Readonly<Record<string, string>> = {}): Promise<string> {
  const topic = nameOf(suffix);
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  const definition: ITopicConfig = { topic, numPartitions: 3, replicationFactor: 1, configEntries };
  const admin = testKafka(stack.brokers).admin();
  await admin.connect();
  await withLeaders(() => admin.createTopics({ topics: [definition], waitForLeaders: true }));
  await admin.disconnect();
  return topic;
}

async function deleteTopic(topic: string): Promise<void> {
  const admin = testKafka(stack.brokers).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
}

/** A publisher of the service's, and what it tells. */
function startPublisher(topics: readonly string[], brokers = stack.brokers) {
  const told = { resent: 0, refusals: [] as string[], renewed: 0 };
  const settings = readSettings(kafkaSettings, { ...stack.environment, KAFKA_BROKERS: brokers });
  const publisher = createPublisher(
    () => createSeverableKafka(settings, 'test', createLogger('test', 'silent'), boundedClient(DEADLINE_MS)),
    topics,
    {
      lanes: 1,
      batchRecords: 500,
      batchBytes: 2 ** 21,
      queueRecords: 10_000,
      queueBytes: 2 ** 26,
      deadlineMs: DEADLINE_MS,
    },
    {
      sent: () => undefined,
      resent: (records) => {
        told.resent += records;
      },
      renewed: () => {
        told.renewed += 1;
      },
      refused: ({ topic, errorType }) => told.refusals.push(`${topic} ${errorType}`),
    },
  );
  publishers.push(publisher);
  return { publisher, told };
}

const record = (topic: string, id: string, partition: number, bytes = 100): OutgoingRecord => ({
  topic,
  partition,
  key: `key-${partition}`,
  value: Buffer.alloc(bytes, 'x'),
  headers: { ce_id: id },
});

/** How often each id is in the log. */
async function timesInLog(...topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  for (const { headers } of await readLog(stack.brokers, topics))
    times.set(headers.ce_id ?? '', (times.get(headers.ce_id ?? '') ?? 0) + 1);
  return times;
}

let calls: string;
beforeAll(async () => {
  calls = await createTopic('calls');
});

test('When one of 60 records is over its topic’s limit, then it alone is too large, and every other is in the log once, in order', async () => {
  const topic = await createTopic('small', { 'max.message.bytes': '20000' });
  const { publisher, told } = startPublisher([topic]);
  await publisher.connected();
  const records = Array.from({ length: 60 }, (_, index) =>
    record(topic, `r${String(index).padStart(2, '0')}`, index % 3, index === 30 ? 30_000 : 1_000),
  );
  const outcomes = await Promise.all(records.map(publisher.publish));
  expect(outcomes.map((outcome, index) => (index === 30 ? 'durable' : outcome))).toEqual(records.map(() => 'durable'));
  expect(outcomes[30]).toBe('too-large');
  const log = await readLog(stack.brokers, [topic]);
  expect(log).toHaveLength(59);
  for (const partition of [0, 1, 2]) {
    const ids = log.filter((one) => one.partition === partition).map(({ headers }) => headers.ce_id ?? '');
    expect(ids).toEqual([...ids].sort());
  }
  expect(told).toMatchObject({ resent: 0, refusals: [] });
});

test('When a topic is deleted while records flow, then only its records are refused, as what it is, and they are taken once it is recreated', async () => {
  const gone = await createTopic('gone');
  const { publisher, told } = startPublisher([calls, gone]);
  await publisher.connected();
  expect(await publisher.publish(record(gone, 'before', 0))).toBe('durable');
  await deleteTopic(gone);

  const outcomes = await Promise.all([
    ...Array.from({ length: 30 }, (_, index) => publisher.publish(record(calls, `flow-${index}`, index % 3))),
    publisher.publish(record(gone, 'refused', 0)),
  ]);
  expect(outcomes).toEqual([...Array.from({ length: 30 }, () => 'durable'), 'refused']);
  expect(told.refusals).toContain(`${gone} UNKNOWN_TOPIC_OR_PARTITION`);

  await createTopic('gone');
  await eventually(async () => (await publisher.publish(record(gone, 'after', 0))) === 'durable');
  expect((await timesInLog(gone)).has('refused')).toBe(false);
});

test('When a topic takes no record without a key, then it is refused as an invalid record, and other topics go on', async () => {
  const compacted = await createTopic('compacted', { 'cleanup.policy': 'compact' });
  const { publisher, told } = startPublisher([calls, compacted]);
  await publisher.connected();
  const outcomes = await Promise.all([
    publisher.publish({ ...record(compacted, 'keyless', 0), key: null }),
    publisher.publish(record(calls, 'other', 0)),
    publisher.publish(record(compacted, 'keyed', 1)),
  ]);
  expect(outcomes).toEqual(['refused', 'durable', 'durable']);
  expect(told.refusals).toEqual([`${compacted} INVALID_RECORD`]);
  expect((await timesInLog(compacted)).get('keyed')).toBe(1);
});

test('When this machine’s clock is two hours ahead, then a topic that takes the producer’s time refuses nothing', async () => {
  const limits = { 'message.timestamp.after.max.ms': '1000', 'message.timestamp.before.max.ms': '1000' };
  const topic = await createTopic('create-time', { 'message.timestamp.type': 'CreateTime', ...limits });
  const { publisher, told } = startPublisher([topic]);
  await publisher.connected();
  const realNow = Date.now;
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + 7_200_000);
  expect(await publisher.publish(record(topic, 'ahead', 0))).toBe('durable');
  expect(told.refusals).toEqual([]);
});

test('When the clock is set back an hour while a broker does not answer, then the sender is answered at the deadline all the same', async () => {
  let frozen = false;
  const proxy = await startFaultProxy(stack.brokers, {
    answer: ({ apiKey }) => (frozen && apiKey === ApiKey.produce ? { delayMs: 8_000 } : 'pass'),
  });
  const { publisher } = startPublisher([calls], proxy.address);
  await publisher.connected();
  frozen = true;
  const realNow = Date.now;
  const startedMs = performance.now();
  const outcome = publisher.publish(record(calls, 'clock-back', 0));
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() - 3_600_000);
  expect(await outcome).toBe('unknown');
  expect(performance.now() - startedMs).toBeLessThan(2 * DEADLINE_MS);
  frozen = false;
  await eventually(async () => (await publisher.publish(record(calls, 'thawed', 0))) === 'durable');
  await proxy.close();
});

test('When a record is given up, then it is not sent on after its sender was told so', async () => {
  let cutting = true;
  const proxy = await startFaultProxy(stack.brokers, {
    request: ({ apiKey }) => (cutting && apiKey === ApiKey.produce ? 'cut' : 'pass'),
  });
  const { publisher } = startPublisher([calls], proxy.address);
  await publisher.connected();
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, index) => publisher.publish(record(calls, `given-up-${index}`, index % 3))),
  );
  expect(new Set(outcomes)).toEqual(new Set(['unknown']));
  cutting = false;
  await eventually(async () => (await publisher.publish(record(calls, 'later', 0))) === 'durable');
  const times = await timesInLog(calls);
  expect([...times.keys()].filter((id) => id.startsWith('given-up'))).toEqual([]);
  await proxy.close();
});
