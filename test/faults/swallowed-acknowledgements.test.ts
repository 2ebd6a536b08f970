import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kafkaSettings } from '../../services/shared/config/common-settings.ts';
import { readSettings } from '../../services/shared/config/settings.ts';
import { createSeverableKafka, type SeverableKafka } from '../../services/shared/kafka/connection.ts';
import { boundedClient } from '../../services/shared/kafka/publisher/bounded-client.ts';
import type { OutgoingRecord, PublishOutcome } from '../../services/shared/kafka/publisher/outgoing-record.ts';
import { createPublisher } from '../../services/shared/kafka/publisher/publisher.ts';
import { toBatch } from '../../services/shared/kafka/publisher/to-batch.ts';
import { createLogger } from '../../services/shared/observability/logger.ts';
import { type IngressProcess, startIngressProcess } from '../support/ingress.ts';
import { ApiKey, type FaultProxy, startFaultProxy } from '../support/kafka-fault-proxy.ts';
import { type LoggedRecord, readLog } from '../support/kafka-log.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { isolatedStack } from '../support/stack.ts';
import { callWebhook, postWebhook } from '../support/webhooks.ts';

const token = 'swallow-token-0123456789';
const WEBHOOKS = 20_000;
const CONNECTIONS = 64;
const KEYS = 50;

const stack = isolatedStack();
let proxy: FaultProxy;
let swallowShare = 0;

beforeAll(async () => {
  const random = seededRandom(5);
  proxy = await startFaultProxy(stack.brokers, {
    answer: ({ apiKey }) => (apiKey === ApiKey.produce && random() < swallowShare ? 'cut' : 'pass'),
  });
});

afterAll(() => proxy.close());

describe('When the answers to 5 % of all produce requests are swallowed', () => {
  let ingress: IngressProcess;
  const accepted = new Set<string>();
  const sentTwice = new Set<string>();
  const statuses = new Map<number | null, number>();
  let log: readonly LoggedRecord[];

  beforeAll(async () => {
    ingress = await startIngressProcess({
      ...stack.environment,
      KAFKA_BROKERS: proxy.address,
      VXT_WEBHOOK_TOKENS: token,
    });
    swallowShare = 0.05;
    let next = 0;
    const connection = async (): Promise<void> => {
      while (next < WEBHOOKS) {
        const number = next++;
        const id = `n${number}`;
        const body = callWebhook(id, `key-${number % KEYS}`);
        let status = await postWebhook(ingress.url, token, body);
        if (status !== 202) {
          sentTwice.add(id);
          status = await postWebhook(ingress.url, token, body);
        }
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status === 202) accepted.add(id);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
    swallowShare = 0;
    log = await readLog(stack.brokers, [`${stack.prefix}call-logs`]);
  });

  afterAll(async () => {
    expect(await ingress.end()).toBe(0);
  });

  test('then answers were swallowed, and nearly all webhooks were accepted', () => {
    expect(proxy.cuts().get(ApiKey.produce)).toBeGreaterThan(20);
    expect(accepted.size).toBeGreaterThan(WEBHOOKS * 0.9);
    console.log(`answers swallowed: ${proxy.cuts().get(ApiKey.produce)}; statuses: ${JSON.stringify([...statuses])}`);
  });

  test('then every webhook that was answered 202 is in the log', () => {
    const inLog = new Set(log.map(idOf));
    expect([...accepted].filter((id) => !inLog.has(id))).toEqual([]);
  });

  test('then no event is in the log twice beyond what the sender or the counter of resends accounts for', async () => {
    const metrics = await fetch(`${ingress.adminUrl}/metrics`).then((response) => response.text());
    const resends = Number(/^vxt_publish_resends_total (\d+)$/m.exec(metrics)?.[1]);
    const again = log.length - new Set(log.map(idOf)).size;
    expect(again).toBeLessThanOrEqual(resends + sentTwice.size);
  });
});

/**
 * Publishes records of a few keys, many at once, and tells which the publisher called durable but the log does not
 * have, and whether the first occurrences of each key are in the order in which they were given.
 */
async function publishThroughFaults(topicSuffix: string, publish: (record: OutgoingRecord) => Promise<PublishOutcome>) {
  const topic = `${stack.prefix}${topicSuffix}`;
  const durable = new Set<string>();
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < 5_000) {
      const number = next++;
      const id = `callLog/${topicSuffix}-${number}`;
      const key = `key-${number % KEYS}`;
      const record = { topic, partition: number % 3, key, value: Buffer.from(id), headers: { ce_id: id } };
      if ((await publish(record)) === 'durable') durable.add(id.slice('callLog/'.length));
    }
  };
  swallowShare = 0.05;
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  swallowShare = 0;
  const log = await readLog(stack.brokers, [topic]);
  const inLog = new Set(log.map(idOf));
  return { lost: [...durable].filter((id) => !inLog.has(id)), durable: durable.size, log };
}

const kafkaThroughProxy = (): SeverableKafka =>
  createSeverableKafka(
    readSettings(kafkaSettings, { ...stack.environment, KAFKA_BROKERS: proxy.address }),
    'test',
    createLogger('test', 'silent'),
    boundedClient(8_000),
  );

test('When records of a key are given in an order, then their first occurrences are in the log in that order', async () => {
  const publisher = createPublisher(
    kafkaThroughProxy,
    [`${stack.prefix}voicemails`],
    { lanes: 2, batchRecords: 500, batchBytes: 524_288, queueRecords: 10_000, queueBytes: 2 ** 26, deadlineMs: 8_000 },
    { sent: () => undefined, resent: () => undefined, renewed: () => undefined, refused: () => undefined },
  );
  await publisher.connected();
  const { lost, durable, log } = await publishThroughFaults('voicemails', publisher.publish);
  await publisher.close();
  expect(lost).toEqual([]);
  expect(durable).toBeGreaterThan(4_500);
  const newestByKey = new Map<string, number>();
  const seen = new Set<string>();
  for (const record of log) {
    if (seen.has(idOf(record))) continue;
    seen.add(idOf(record));
    const number = Number(idOf(record).split('-').at(-1));
    const key = `${record.partition}/${record.key}`;
    expect(number).toBeGreaterThan(newestByKey.get(key) ?? -1);
    newestByKey.set(key, number);
  }
});

test('When a publisher has several sends in flight on a producer, then this test sees that it loses what it called durable', async () => {
  const producer = kafkaThroughProxy().kafka.producer({ idempotent: true, retry: { retries: 5 } });
  await producer.connect();
  const { lost, durable } = await publishThroughFaults('unrecognised-webhooks', async (record) => {
    const sent = await producer.sendBatch(toBatch([record], 2_000)).catch(() => null);
    return sent === null ? 'unavailable' : 'durable';
  });
  await producer.disconnect();
  console.log(`two sends in flight: ${durable} called durable, ${lost.length} of them lost`);
  expect(lost.length).toBeGreaterThan(0);
});

const idOf = ({ headers }: LoggedRecord): string => (headers.ce_id ?? '').slice('callLog/'.length);
