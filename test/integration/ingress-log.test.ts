import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type IngressProcess, startIngressProcess } from '../support/ingress.ts';
import { type FaultProxy, startFaultProxy } from '../support/kafka-fault-proxy.ts';
import { isolatedStack } from '../support/stack.ts';
import { startLoad } from '../support/webhook-load.ts';

const token = 'log-token-0123456789';
const stack = isolatedStack();
const directory = mkdtempSync(join(tmpdir(), 'ingress-log-'));
let proxy: FaultProxy;
let ingress: IngressProcess;

afterAll(async () => {
  await ingress?.end('SIGKILL');
  await proxy?.close();
  rmSync(directory, { recursive: true, force: true });
});

test('When Kafka is away for a while under load, then the log says what changed, once each, and is still readable', async () => {
  let away = false;
  proxy = await startFaultProxy(stack.brokers, { request: () => (away ? 'cut' : 'pass') });
  ingress = await startIngressProcess({
    ...stack.environment,
    KAFKA_BROKERS: proxy.address,
    VXT_WEBHOOK_TOKENS: token,
    SPOOL_DIRECTORY: directory,
  });
  const events = () =>
    ingress
      .output()
      .split('\n')
      .flatMap((line) => /"event":"([^"]+)"/.exec(line)?.[1] ?? []);
  const cuts = () => [...proxy.cuts().values()].reduce((sum, count) => sum + count, 0);
  const load = startLoad({ url: ingress.url, token, name: 'log', connections: 4, rate: 100 });
  await eventually(() => load.sent.length > 100);

  const before = events().length;
  away = true;
  await eventually(() => events().includes('kafka-unreachable'), { what: () => ingress.output() });
  const cutsThen = cuts();
  await eventually(() => cuts() > cutsThen + 50, { what: () => 'the client to try again and again' });
  away = false;
  await eventually(() => events().includes('kafka-answers-again') && events().includes('spooling-ended'));
  await load.stop();

  const written = events().slice(before);
  for (const change of ['kafka-unreachable', 'kafka-answers-again', 'spooling-began', 'spooling-ended'])
    expect(written.filter((event) => event === change)).toEqual([change]);
  expect(written.length < 20 ? [] : written).toEqual([]);
  expect(await ingress.end()).toBe(0);
});
