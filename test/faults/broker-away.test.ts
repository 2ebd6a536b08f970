import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type JavaStack, startJavaStack } from '../../dev/stack/java-stack.ts';
import { eventually } from '../support/eventually.ts';
import { type IngressProcess, ingressSettings, startIngressProcess } from '../support/ingress.ts';
import { readLog } from '../support/kafka-log.ts';
import { metricOf } from '../support/metric-of.ts';
import { acceptedIds, type Load, startLoad, statusCounts } from '../support/webhook-load.ts';

const token = 'broker-away-token-0123456789';
const DEADLINE_MS = 4_000;

const directory = mkdtempSync(join(tmpdir(), 'broker-away-'));
let stack: JavaStack;

/** Settings of an ingress with topics of its own on the broker that is killed. */
const settings = (prefix: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  ...ingressSettings(stack, { prefix, token, deadlineMs: DEADLINE_MS }),
  ...more,
});

beforeAll(async () => {
  stack = await startJavaStack({ dataDirectory: directory });
});

const started: IngressProcess[] = [];
const start = async (environment: Readonly<Record<string, string>>): Promise<IngressProcess> => {
  const ingress = await startIngressProcess(environment);
  started.push(ingress);
  return ingress;
};

afterAll(async () => {
  for (const ingress of started) await ingress.end('SIGKILL');
  await stack.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Kills the broker with -9 and starts it again, three times, while the load goes on. */
async function killBrokerThreeTimes(load: Load): Promise<void> {
  for (let time = 0; time < 3; time += 1) {
    const before = load.sent.length;
    await eventually(() => load.sent.length > before + 500, { deadlineMs: 60_000 });
    await stack.kafka.kill();
    const away = load.sent.length;
    await eventually(() => load.sent.length > away + 100, { deadlineMs: 60_000 });
    await stack.kafka.start();
    await eventually(() => load.sent.slice(away).some(({ status }) => status === 202), { deadlineMs: 60_000 });
  }
}

async function idsInLog(prefix: string): Promise<ReadonlySet<string>> {
  const log = await readLog(stack.brokers, [`${prefix}call-logs`]);
  return new Set(log.map(({ headers }) => (headers.ce_id ?? '').slice('callLog/'.length)));
}

async function missing(prefix: string, accepted: readonly string[]): Promise<readonly string[]> {
  const inLog = await idsInLog(prefix);
  return accepted.filter((id) => !inLog.has(id));
}

const spooled = (ingress: IngressProcess): Promise<number | null> => metricOf(ingress.adminUrl, 'vxt_spool_records');
const untilDrained = (ingress: IngressProcess): Promise<boolean> =>
  eventually(async () => (await spooled(ingress)) === 0, { deadlineMs: 90_000, what: () => 'an empty spool' });

describe('When the broker is killed and started again three times under load', () => {
  test('without a spool, then no 202 is lost, and every other answer is 503 with Retry-After within the deadline', async () => {
    const ingress = await start(settings('plain.'));
    const load = startLoad({ url: ingress.url, token, name: 'plain', connections: 32 });
    await killBrokerThreeTimes(load);
    const sent = await load.stop();
    console.log(`without a spool: ${statusCounts(sent)}`);
    const others = sent.filter(({ status }) => status !== 202);
    expect(others.length).toBeGreaterThan(0);
    expect(others.filter(({ status, retryAfter }) => status !== 503 || retryAfter === null)).toEqual([]);
    expect(sent.filter(({ tookMs }) => tookMs >= DEADLINE_MS * 2)).toEqual([]);
    expect(await missing('plain.', acceptedIds(sent))).toEqual([]);
    expect(await ingress.end()).toBe(0);
  });

  test('with a spool, then every answer is 202 and the log is complete after the recovery', async () => {
    const ingress = await start(settings('spool.', { SPOOL_DIRECTORY: join(directory, 'spool-a') }));
    const load = startLoad({ url: ingress.url, token, name: 'spool', connections: 32 });
    await killBrokerThreeTimes(load);
    const sent = await load.stop();
    console.log(`with a spool: ${statusCounts(sent)}`);
    expect(sent.filter(({ status }) => status !== 202)).toEqual([]);
    await untilDrained(ingress);
    expect(await missing('spool.', acceptedIds(sent))).toEqual([]);
    expect(await ingress.end()).toBe(0);
  });
});

test('When an ingress of 4 workers is killed with a full spool and started with 1, then the log is complete', async () => {
  const spool = { SPOOL_DIRECTORY: join(directory, 'spool-b') };
  const four = await start(settings('adopt.', { ...spool, INGRESS_WORKERS: '4' }));
  await stack.kafka.kill();
  const load = startLoad({ url: four.url, token, name: 'adopt', connections: 32 });
  await eventually(() => load.sent.length > 2_000, { deadlineMs: 120_000 });
  four.child.kill('SIGKILL');
  const sent = await load.stop();
  console.log(`4 workers, Kafka away: ${statusCounts(sent)}`);
  expect(acceptedIds(sent).length).toBeGreaterThan(1_900);

  await stack.kafka.start();
  const one = await start(settings('adopt.', spool));
  await untilDrained(one);
  expect(await missing('adopt.', acceptedIds(sent))).toEqual([]);
  expect(await one.end()).toBe(0);
});

test('When SIGTERM comes under load, ten times, then nothing accepted is missing and each ends by itself', async () => {
  const accepted: string[] = [];
  for (let time = 0; time < 10; time += 1) {
    const ingress = await start(settings('term.'));
    const load = startLoad({ url: ingress.url, token, name: `term-${time}`, connections: 32 });
    await eventually(() => load.sent.length > 300, { deadlineMs: 60_000 });
    expect(await ingress.end('SIGTERM')).toBe(0);
    accepted.push(...acceptedIds(await load.stop()));
  }
  console.log(`SIGTERM ten times: ${accepted.length} accepted`);
  expect(await missing('term.', accepted)).toEqual([]);
}, 300_000);
