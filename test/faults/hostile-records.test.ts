import { beforeAll, expect, test } from '@jest/globals';
import { recogniseBody } from '../../services/ingress/recognise-body.ts';
import { redrive } from '../../services/ingress/redrive/redrive.ts';
import { kafkaSettings, registrySettings } from '../../services/shared/config/common-settings.ts';
import { readSettingGroups } from '../../services/shared/config/settings.ts';
import { createPartitionOfKey } from '../../services/shared/kafka/publisher/partition-of-key.ts';
import { createLogger } from '../../services/shared/observability/logger.ts';
import {
  API_TOKEN,
  type CallMetricsProcess,
  runRebuild,
  startCallMetricsProcess,
  startWithTest,
} from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { batchOf, encodeBatch, recordOf } from '../support/fetch-answer.ts';
import { hostileBatches, keyedBatch, largeBatches } from '../support/hostile/hostile-records.ts';
import { type HostileStack, hostileStack } from '../support/hostile/hostile-stack.ts';
import type { Placed } from '../support/hostile/raw-produce.ts';
import type { TestEvent } from '../support/produce-events.ts';
import { randomEvents } from '../support/random-events.ts';
import { freePort, type ServiceProcess, untilReady } from '../support/service-process.ts';
import { callWebhook } from '../support/webhooks.ts';

/** Nothing may stand still for longer. */
const STUCK_AFTER_MS = 30_000;
const inputs = ['callLogs', 'voicemails'] as const;
const partitionOf = createPartitionOfKey(3);

let stack: HostileStack;
let service: CallMetricsProcess;
let exporter: ServiceProcess & { url: string };
let waves = 0;
const bad: string[] = [];
const leftOut = { userCallMetrics: 0, callMetricsState: 0, callMetricsSeen: 0 };

const note = ({ topic, partition, firstOffset }: Placed) => bad.push(`${topic}/${partition}/${firstOffset}`);
const goodWave = (count = 40) => {
  waves += 1;
  return stack.writeGood(randomEvents({ count, seed: 1_600 + waves, users: 20 }));
};
const metrics = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();
const sumOf = (page: string, name: string): number =>
  page
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

async function startServices(): Promise<void> {
  service = await startCallMetricsProcess(stack.bench.environment);
  const port = String(await freePort());
  const started = startWithTest('services/prometheus-exporter/main.ts', { ...stack.bench.environment, PORT: port });
  exporter = { ...started, url: `http://127.0.0.1:${port}` };
  await untilReady(exporter, `${exporter.url}/readyz`);
}

/** All good ones are counted exactly, everywhere; each bad one is dead-lettered once, or left out and counted; nothing ended. */
async function expectAllCounted(): Promise<void> {
  const said = async () => JSON.stringify([...(await stack.totals()).table].sort());
  const expected = JSON.stringify([...(await stack.totals()).log].sort());
  await eventually(async () => (await said()) === expected, { deadlineMs: STUCK_AFTER_MS, everyMs: 500 }).catch(
    () => undefined,
  );
  const { table, log } = await stack.totals();
  expect(table).toEqual(log);
  await eventually(async () => (await stack.deadLetters()).length >= bad.length, {
    deadlineMs: STUCK_AFTER_MS,
    everyMs: 500,
  });
  expect([...(await stack.deadLetters())].sort()).toEqual([...bad].sort());

  const calls = [...log].reduce((sum, [key, { calls: count }]) => (key.endsWith('/lifetime') ? sum + count : sum), 0);
  await eventually(async () => sumOf(await metrics(exporter.url), 'vxt_calls_total') === calls, {
    deadlineMs: STUCK_AFTER_MS,
    what: () => `the exporter to show ${calls} calls`,
  });
  const users = [...log.keys()].filter((key) => /^user\/.*\/lifetime$/.test(key)).map((key) => key.split('/')[1]);
  const answer = await fetch(`${service.url}/v1/users?limit=1000`, {
    headers: { authorization: `Bearer ${API_TOKEN}` },
  });
  expect(answer.status).toBe(200);
  const listed = (await answer.json()) as { users: { uid: string }[] };
  expect(listed.users.map(({ uid }) => uid).sort()).toEqual(users.sort());
  const page = await metrics(service.adminUrl);
  for (const [topic, count] of Object.entries(leftOut)) {
    const name = stack.bench.name(topic as keyof typeof leftOut);
    expect([topic, sumOf(page, `vxt_projection_left_out_records_total{topic="${name}"}`)]).toEqual([topic, count]);
  }
  expect([service.child.exitCode, exporter.child.exitCode]).toEqual([null, null]);
  expect((await fetch(`${service.adminUrl}/readyz`)).status).toBe(200);
}

beforeAll(async () => {
  stack = await hostileStack();
  await startServices();
  await goodWave(200);
});

test('When an input holds hostile records of 200 kinds between good ones, then the good are counted, and each bad one is dead-lettered once', async () => {
  let kinds = 0;
  for (const topic of inputs) {
    for (const [index, { bytes }] of hostileBatches(stack.values[topic]).entries()) {
      if (index % 20 === 0) await goodWave();
      note(await stack.write(topic, index % 3, bytes));
      kinds += 1;
    }
  }
  for (const { topic, partition, value } of [...stack.refusedEvents, ...stack.misplaced]) {
    note(await stack.raw.produce(topic, partition, encodeBatch(batchOf([recordOf({ value })]))));
  }
  expect(stack.schemas).toEqual(
    expect.arrayContaining(['a JSON schema', 'Protobuf', 'Avro of our name and other fields']),
  );
  expect(kinds / inputs.length).toBeGreaterThanOrEqual(190);
  await expectAllCounted();
}, 120_000);

test('When records are too large for the dead letters or the memory, then their place and hash are kept, and the others are counted', async () => {
  for (const [index, { bytes }] of largeBatches().entries()) {
    for (const topic of inputs) note(await stack.write(topic, index % 3, bytes));
    await goodWave();
  }
  await expectAllCounted();
}, 120_000);

test('When other writers put records into the table, the states and the seen ids, then these are left out and counted', async () => {
  const values = stack.values.callLogs.filter(([, value]) => (value?.length ?? 0) < 10_000);
  const tableKeys = [
    'user/u-1/lifetime',
    'user/u-2/2026-11-20',
    'user/garbage/lifetime',
    'user/u-1',
    '',
    'number/+1/lifetime',
  ];
  const taskKeys = ['0', '1', '2', 'x'];
  for (const [index, [, value]] of values.entries()) {
    if (index % 20 === 0) await goodWave();
    const [tableKey = '', taskKey = ''] = [tableKeys[index % 6], taskKeys[index % 4]];
    const [, uid = ''] = tableKey.split('/');
    await stack.write('userCallMetrics', partitionOf(uid), keyedBatch(tableKey, value, index));
    await stack.write('callMetricsState', index % 3, keyedBatch(taskKey, value, index));
    await stack.write('callMetricsSeen', index % 3, keyedBatch(taskKey, value, index));
    for (const topic of Object.keys(leftOut)) leftOut[topic as keyof typeof leftOut] += 1;
  }
  await goodWave(200);
  await expectAllCounted();
}, 120_000);

test('When the services start again, then everything is the same, and they count on', async () => {
  expect([await service.end('SIGTERM'), await exporter.end('SIGTERM')]).toEqual([0, 0]);
  await goodWave();
  await startServices();
  await expectAllCounted();
  await goodWave();
  await expectAllCounted();
}, 120_000);

test('When the kept webhooks hold hostile records, then a redrive publishes the good ones once, and names the others by place', async () => {
  const config = readSettingGroups({ kafka: kafkaSettings, registry: registrySettings }, stack.bench.environment);
  const logger = createLogger('test', 'silent');
  const run = async () => {
    const report = await redrive({ config, logger, recogniseBody, dryRun: false, onProgress: () => undefined });
    return { ...report, failed: report.failed.map((one) => JSON.stringify(one)).sort() };
  };
  // It creates the topic.
  await run();
  const kept = Array.from({ length: 20 }, (_, index) => callWebhook(`kept-${index}`, `u-${index}`));
  const hostile = [...hostileBatches(stack.values.callLogs), ...largeBatches()];
  for (const [index, { bytes }] of hostile.entries()) {
    const body = kept[index];
    if (body !== undefined) {
      await stack.write(
        'unrecognisedWebhooks',
        index % 3,
        encodeBatch(batchOf([recordOf({ value: Buffer.from(body) })])),
      );
    }
    await stack.write('unrecognisedWebhooks', index % 3, bytes);
  }
  const first = await run();
  expect(first.published).toEqual({ callLogs: 20 });
  const unrecognised = Object.values(first.unrecognised).reduce((sum, count) => sum + count, 0);
  expect(first.failed.length + unrecognised).toBe(hostile.length);
  expect(await run()).toEqual({ ...first, published: {}, redrivenBefore: 20 });
  stack.expectGood(kept.map((body) => JSON.parse(body) as TestEvent));
  await expectAllCounted();
}, 120_000);

test('When the totals are rebuilt from such a log, then they are the same', async () => {
  const { code, output } = await runRebuild(stack.bench.environment);
  expect([code, output]).toEqual([0, expect.stringMatching(/^0 of \d+ keys will change/m)]);
  await goodWave();
  await expectAllCounted();
  stack.raw.close();
}, 120_000);
