import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { readLog, testKafka } from '../support/kafka-log.ts';
import { endServices, passEndToEnd, startService, untilEnded } from '../support/secured-services.ts';
import { untilReady } from '../support/service-process.ts';
import { isolatedStack } from '../support/stack.ts';
import { type RegistryDouble, startRegistryDouble } from '../unit/avro/registry-double.ts';

const stack = isolatedStack();
const topic = `${stack.prefix}schema-ids`;
const line = 'vxt_calls_total{user_uid="anna",direction="inbound",result="missed"} 1';
let registry: RegistryDouble;
let environment: Readonly<Record<string, string>>;
let backup: ReadonlyMap<number, string>;

/** A log as a release left it that did not tell it the schema ids, and a registry that has lost its data since, and dealt the ids anew. */
beforeAll(async () => {
  registry = await startRegistryDouble();
  environment = { ...stack.environment, SCHEMA_REGISTRY_URL: registry.url, LOG_LEVEL: 'info' };
  await passEndToEnd('anna', () => environment);
  const admin = testKafka(stack.brokers).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await eventually(async () => !(await admin.listTopics()).includes(topic));
  await admin.disconnect();
  backup = new Map(registry.schemas);
  for (const id of backup.keys()) registry.schemas.set(id, `{"type":"record","name":"Other${id}","fields":[]}`);
});
afterAll(async () => {
  await endServices();
  await registry.stop();
});

test.each([
  ['call-metrics', /a state of call-metrics cannot be read with its schemas \(incompatible-schema\)/],
  ['prometheus-exporter', /a record of \S+user-call-metrics \(.*\) cannot be read with its schemas/],
] as const)(
  'When %s starts, then it shows nothing, tells the log nothing, and ends with the remedy',
  async (name, said) => {
    const service = await startService(name, environment);
    await untilEnded(service);
    expect([service.child.exitCode, service.output()]).toEqual([1, expect.stringMatching(said)]);
    expect(service.output()).toContain('npx vxt-events registry restore');
    expect(await readLog(stack.brokers, [topic])).toEqual([]);
  },
);

test('When the registry is restored, then call-metrics tells the log its ids and goes on, and the exporter shows the totals', async () => {
  for (const [id, schema] of backup) registry.schemas.set(id, schema);
  const callMetrics = await startService('call-metrics', environment);
  await untilReady(callMetrics, `http://127.0.0.1:${callMetrics.adminPort}/readyz`);
  expect((await readLog(stack.brokers, [topic])).map(({ key }) => key?.replace(/\/\d+$/, '')).sort()).toEqual(
    ['call-metrics-seen', 'call-metrics-state', 'user-call-metrics'].map((suffix) => `${stack.prefix}${suffix}-value`),
  );
  const exporter = await startService('prometheus-exporter', environment);
  const url = `http://127.0.0.1:${exporter.port}/metrics`;
  await untilReady(exporter, url);
  expect((await (await fetch(url)).text()).split('\n')).toContain(line);
});
