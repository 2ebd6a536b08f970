import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Recognition } from '../../services/ingress/domain/recognise.ts';
import { type NotJson, recogniseBody } from '../../services/ingress/recognise-body.ts';
import { type RedriveReport, redrive } from '../../services/ingress/redrive/redrive.ts';
import { kafkaSettings, registrySettings } from '../../services/shared/config/common-settings.ts';
import { readSettingGroups } from '../../services/shared/config/settings.ts';
import { createKafka } from '../../services/shared/kafka/connection.ts';
import { openExclusiveWriter } from '../../services/shared/kafka/exclusive-writer.ts';
import { createLogger } from '../../services/shared/observability/logger.ts';
import { eventually } from '../support/eventually.ts';
import { startIngressProcess } from '../support/ingress.ts';
import { readLog, testKafka } from '../support/kafka-log.ts';
import { startProcess } from '../support/service-process.ts';
import { isolatedStack } from '../support/stack.ts';
import { callWebhook, postWebhook } from '../support/webhooks.ts';

const token = 'redrive-token-0123456789';
const stack = isolatedStack();
const config = readSettingGroups({ kafka: kafkaSettings, registry: registrySettings }, stack.environment);
const logger = createLogger('test', 'silent');
const callLogs = `${stack.prefix}call-logs`;

const versionFour = (id: string): string => callWebhook(id, `user-${id}`).replace('"version":3', '"version":4');

/** Tomorrow's parser: it knows version 4, which is version 3 by another number. */
function recogniseVersionFour(body: Buffer): Recognition | NotJson {
  return recogniseBody(Buffer.from(body.toString('latin1').replace('"version":4', '"version":3'), 'latin1'));
}

const run = (teach: typeof recogniseBody, dryRun = false) =>
  redrive({ config, logger, recogniseBody: teach, dryRun, onProgress: () => undefined });
const idsInLog = async (): Promise<readonly (string | undefined)[]> =>
  (await readLog(stack.brokers, [callLogs])).map(({ headers }) => headers.ce_id).sort();

beforeAll(async () => {
  const ingress = await startIngressProcess({ ...stack.environment, VXT_WEBHOOK_TOKENS: token });
  const bodies = [
    callWebhook('known'),
    versionFour('a'),
    '{"event":"sms","sms":{"id":"s1"}}',
    versionFour('b'),
    callWebhook('broken').replace('"inbound"', '7'),
    versionFour('c'),
    '{"event":"sms","sms":{"id":"s2"}}',
  ];
  for (const body of bodies) expect(await postWebhook(ingress.url, token, body)).toBe(202);
  expect(await ingress.end()).toBe(0);
});

let originals: Awaited<ReturnType<typeof readLog>>;

test('When there is nothing yet, neither topics nor schemas, then a dry run says so and makes neither', async () => {
  const fresh = isolatedStack();
  const settings = readSettingGroups({ kafka: kafkaSettings, registry: registrySettings }, fresh.environment);
  await expect(
    redrive({ config: settings, logger, recogniseBody, dryRun: true, onProgress: () => undefined }),
  ).rejects.toThrow(fresh.prefix);
  const admin = testKafka(fresh.brokers).admin();
  await admin.connect();
  const topics = await admin.listTopics();
  await admin.disconnect();
  const subjects: unknown = await fetch(`${fresh.environment.SCHEMA_REGISTRY_URL}/subjects`).then((answer) =>
    answer.json(),
  );
  expect([topics, subjects].flat().filter((name) => String(name).startsWith(fresh.prefix))).toEqual([]);
});

describe('When the parser has learnt version 4', () => {
  beforeAll(async () => {
    originals = await readLog(stack.brokers, [`${stack.prefix}unrecognised-webhooks`]);
  });

  test('then a dry run tells what it would publish, and publishes nothing', async () => {
    expect(await run(recogniseVersionFour, true)).toEqual({
      topic: `${stack.prefix}unrecognised-webhooks`,
      published: { callLogs: 3 },
      redrivenBefore: 0,
      unrecognised: { 'unknown-event': 2, 'contract-violation': 1 },
      failed: [],
    });
    expect(await idsInLog()).toEqual(['callLog/known']);
  });

  test('then a run of the parser that has not learnt it publishes nothing', async () => {
    expect((await run(recogniseBody)).published).toEqual({});
  });

  test('then a run publishes exactly those payloads, as if each had just come', async () => {
    await run(recogniseVersionFour);
    const log = await eventually(async () => {
      const records = await readLog(stack.brokers, [callLogs]);
      return records.length > 3 && records;
    });
    expect(log.map(({ headers }) => headers.ce_id).sort()).toEqual([
      'callLog/a',
      'callLog/b',
      'callLog/c',
      'callLog/known',
    ]);
    const event = log.find(({ headers }) => headers.ce_id === 'callLog/b');
    const original = originals.find(({ value }) => value?.toString() === versionFour('b'));
    expect(event?.key).toBe('user-b');
    expect(event?.headers).toMatchObject({ ce_type: 'vxt.callLog', 'content-type': 'application/avro' });
    expect(event?.headers.traceparent).toBe(original?.headers.traceparent);
  });

  test('then a second run publishes nothing, and what it kept is still there byte for byte', async () => {
    expect(await run(recogniseVersionFour)).toMatchObject({ published: {}, redrivenBefore: 3 });
    expect(await idsInLog()).toHaveLength(4);
    const kept = await readLog(stack.brokers, [`${stack.prefix}unrecognised-webhooks`]);
    expect(kept.filter(({ value }) => value !== null)).toEqual(originals);
  });
});

test('When a second run starts, then the first can commit nothing more', async () => {
  const kafka = createKafka(config.kafka, 'test', logger);
  const record = {
    topic: callLogs,
    partition: 0,
    key: 'zombie',
    value: Buffer.from('x'),
    headers: { ce_id: 'zombie' },
  };
  const first = await openExclusiveWriter(kafka, `${stack.prefix}redrive`);
  const second = await openExclusiveWriter(kafka, `${stack.prefix}redrive`);
  await expect(first.write([record])).rejects.toThrow();
  await first.close();
  await second.close();
  expect(await idsInLog()).not.toContain('zombie');
});

/** A log of kept webhooks as another tool could have written it, and what a redrive makes of it. */
async function arrange(
  records: readonly Readonly<{ value: Buffer | string | null; headers?: Record<string, string> }>[],
  maxBytes = 1e6,
) {
  const own = isolatedStack();
  const topics = { kept: `${own.prefix}unrecognised-webhooks`, calls: `${own.prefix}call-logs` };
  const kafka = testKafka(own.brokers);
  const admin = kafka.admin();
  await admin.connect();
  const limit = (bytes: number) => [
    { name: 'max.message.bytes', value: String(bytes) },
    { name: 'retention.ms', value: '-1' },
  ];
  await admin.createTopics({
    topics: [
      { topic: topics.kept, numPartitions: 3, configEntries: limit(4 * 1024 * 1024) },
      { topic: topics.calls, numPartitions: 3, configEntries: limit(maxBytes) },
    ],
    waitForLeaders: true,
  });
  const producer = kafka.producer();
  await producer.connect();
  for (const [index, record] of records.entries()) {
    const message = { partition: index % 3, timestamp: String(1_763_700_000_000 + index), headers: {}, ...record };
    await eventually(
      async () => (await producer.send({ topic: topics.kept, messages: [message] }))[0]?.errorCode === 0,
    );
  }
  await producer.disconnect();
  const ownConfig = readSettingGroups({ kafka: kafkaSettings, registry: registrySettings }, own.environment);
  return {
    own,
    run: (keepBytes?: number): Promise<RedriveReport> =>
      redrive({
        config: ownConfig,
        logger,
        recogniseBody,
        dryRun: false,
        onProgress: () => undefined,
        ...(keepBytes === undefined ? {} : { keepBytes }),
      }),
    raiseLimit: async () => {
      const resource = { type: 2, name: topics.calls, configEntries: limit(4 * 1024 * 1024) };
      await admin.alterConfigs({ validateOnly: false, resources: [resource] });
    },
    /** The ids in the log once there are so many: a commit is answered before all of its partitions show it. */
    published: (count: number) =>
      eventually(async () => {
        const records = await readLog(own.brokers, [topics.calls]);
        return records.length >= count && records.map(({ headers }) => headers.ce_id).sort();
      }),
    end: () => admin.disconnect(),
  };
}

/** A call that becomes an event of about so many bytes. */
const largeCall = (id: string, bytes: number): string =>
  callWebhook(id, `user-${id}`).replace('"version":3', `"version":3,"more":"${'x'.repeat(bytes)}"`);
const numbered = (count: number, value: (id: string) => string) =>
  Array.from({ length: count }, (_, index) => ({ value: value(String(index)) }));
const idsOf = (count: number) => Array.from({ length: count }, (_, index) => `callLog/${index}`);

test('When the topic holds records that nobody expects, then none ends the run, each is named, and the others are published', async () => {
  const deep = callWebhook('deep').replace('"version":3', `"version":3,"x":${'['.repeat(9_000)}${']'.repeat(9_000)}`);
  const place = await arrange([
    { value: `\ufeff${callWebhook('with-mark')}` },
    { value: 'this is no JSON' },
    { value: Buffer.from([0xff, 0xfe, 0x22]) },
    { value: callWebhook('strange-headers'), headers: { traceparent: 'null', 'received-at': 'null' } },
    { value: null },
    { value: deep },
    { value: callWebhook('forged-marker'), headers: { redriven: '0/0' } },
    { value: '{"event":"sms"}' },
    { value: callWebhook('last') },
  ]);
  const output = startProcess('services/ingress/redrive/main.ts', place.own.environment, ['--yes']);
  await eventually(() => output.child.exitCode !== null, { deadlineMs: 60_000, what: () => output.output() });
  const kept = `${place.own.prefix}unrecognised-webhooks`;
  expect(output.output()).toContain('published 4 to callLogs');
  expect(output.output()).toContain('could not be redriven (not-json): 2');
  expect(output.output()).toContain(`${kept}/1/0: not-json`);
  expect(output.output()).toContain(`${kept}/2/0: not-json`);
  expect(output.output()).toContain(`${kept}/1/1: no-body`);
  expect(output.output()).toContain('still not recognised (unknown-event): 1');
  expect(output.output()).toContain('still not recognised (too-deep): 1');
  expect(output.output()).not.toContain('this is no JSON');
  expect(output.child.exitCode).toBe(2);
  expect(await place.published(4)).toEqual(
    ['forged-marker', 'last', 'strange-headers', 'with-mark'].map((id) => `callLog/${id}`),
  );
  await place.end();
});

test('When events are over the limit of their topic, then they are named, the others are published once, and they go once the limit is raised', async () => {
  const tooLarge = ['3', '17', '18', '59'];
  const place = await arrange(
    numbered(60, (id) => largeCall(id, tooLarge.includes(id) ? 20_000 : 100)),
    10_000,
  );
  const first = await place.run();
  expect(first.published).toEqual({ callLogs: 56 });
  expect(first.failed.map(({ place: { partition, offset }, reason }) => [3 * offset + partition, reason])).toEqual(
    tooLarge.map((id) => [Number(id), 'message-too-large']),
  );
  const others = idsOf(60).filter((id) => !tooLarge.includes(id.slice('callLog/'.length)));
  expect(await place.published(56)).toEqual([...others].sort());

  expect(await place.run()).toMatchObject({ published: {}, redrivenBefore: 56 });
  await place.raiseLimit();
  const last = await eventually(async () => {
    const report = await place.run();
    return report.failed.length === 0 && report;
  });
  expect(last.redrivenBefore + (last.published.callLogs ?? 0)).toBe(60);
  expect(await place.published(60)).toEqual(idsOf(60).sort());
  await place.end();
});

test('When there are more events than memory may hold, then the topic is read again for the rest, and each is published once', async () => {
  const place = await arrange(numbered(90, (id) => largeCall(id, 1_000)));
  expect(await place.run(50_000)).toMatchObject({ published: { callLogs: 90 }, failed: [] });
  expect(await place.published(90)).toEqual(idsOf(90).sort());
  await place.end();
});
