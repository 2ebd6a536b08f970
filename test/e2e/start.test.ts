import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { identify } from '../../dev/stack/process-identity.ts';
import { waitUntil } from '../../dev/stack/wait-until.ts';
import { hasPrometheus } from '../../dev/start/prometheus-process.ts';
import { launcherPlace } from '../support/launcher.ts';

type Place = Awaited<ReturnType<typeof launcherPlace>>;

const run = promisify(execFile);
let place: Place;
beforeAll(async () => {
  place = await launcherPlace();
});
afterEach(async () => place.stopAll());
afterAll(async () => place.remove());

const java = { STACK: 'java' };
/** Where the program is not here, the rest must work all the same. */
const withPrometheus = hasPrometheus(process.env);
const STOP_WITHIN_MS = 10_000;

/** The counter of all calls of the exporter, over all of its series. */
async function callsCounted(): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${place.ports.EXPORTER_PORT}/metrics`)).text();
  return [...page.matchAll(/^vxt_calls_total\{.*\} (\S+)$/gm)].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** What Prometheus answers now: values by job, or by nothing. */
async function askPrometheus(query: string): Promise<Readonly<Record<string, string>>> {
  const url = `http://127.0.0.1:${place.ports.PROMETHEUS_PORT}/api/v1/query?query=${encodeURIComponent(query)}`;
  const answer: { data: { result: { metric: { job?: string }; value: [number, string] }[] } } = JSON.parse(
    await (await fetch(url)).text(),
  );
  return Object.fromEntries(answer.data.result.map(({ metric, value }) => [metric.job ?? '', value[1]]));
}

/** A path on which there is Node and nothing else. */
function pathWithNodeOnly(): string {
  const bin = join(place.directory, 'bin');
  mkdirSync(bin, { recursive: true });
  if (!existsSync(join(bin, 'node'))) symlinkSync(process.execPath, join(bin, 'node'));
  return bin;
}

/** Runs what the launcher printed, as a person would paste it. */
const paste = async (command: string) => (await run('sh', ['-c', command])).stdout;

async function stopped(signal: NodeJS.Signals, launch: ReturnType<Place['launch']>) {
  const startedAt = performance.now();
  process.kill(launch.pid, signal);
  const { code } = await launch.ended;
  return { code, tookMs: performance.now() - startedAt };
}

test('When it is started on Java, then the printed curl answers 202, twice the same counts once, SIGTERM stops all, and totals and token survive', async () => {
  const first = place.launch(java);
  await first.untilReady();
  expect(first.said()).toContain('Using Kafka and registry on Java: STACK=java says so.');
  const [curl = ''] = /curl -i .*/.exec(first.said()) ?? [];
  expect(await paste(curl)).toContain('HTTP/1.1 202');
  expect(await paste(curl)).toContain('HTTP/1.1 202');
  expect(await waitUntil(async () => (await callsCounted()) === 1, 10_000)).toBe(true);
  const [, query = ''] = /(curl -s -H .*)/.exec(first.said()) ?? [];
  expect(JSON.parse(await paste(query))).toMatchObject({ lifetime: { inboundAnswered: 1, talkSeconds: 95 } });

  expect(
    place
      .servers()
      .map(({ name }) => name)
      .sort(),
  ).toEqual([
    'Kafka',
    ...(withPrometheus ? ['Prometheus'] : []),
    ...['call-metrics', 'ingress', 'prometheus-exporter', 'schema registry'],
  ]);
  if (withPrometheus) {
    expect(first.said()).toContain(`Prometheus       http://127.0.0.1:${place.ports.PROMETHEUS_PORT}`);
    const up = { 'vxt-ingress': '1', 'vxt-call-metrics': '1', 'vxt-prometheus-exporter': '1' };
    expect(await waitUntil(async () => isDeepStrictEqual(await askPrometheus('up'), up), 60_000)).toBe(true);
    // A recording rule of ours: the provisioned rules are evaluated.
    expect(await waitUntil(async () => (await askPrometheus('sum(vxt:calls:total)'))[''] === '1', 60_000)).toBe(true);
  }
  const servers = place.servers();
  const { code, tookMs } = await stopped('SIGTERM', first);
  expect({ code, inTime: tookMs < STOP_WITHIN_MS }).toEqual({ code: 0, inTime: true });
  expect(servers.filter(({ pid }) => identify(pid) !== null)).toEqual([]);
  expect(await place.portsInUse()).toEqual([]);

  const second = place.launch(java);
  await second.untilReady();
  expect(await callsCounted()).toBe(1);
  const token = (said: string) => /Bearer (\S+)'/.exec(said)?.[1];
  expect(token(second.said())).toBe(token(first.said()));
  expect(statSync(join(place.directory, 'tokens/webhook-token')).mode & 0o777).toBe(0o600);
  await stopped('SIGINT', second);
}, 300_000);

test('When the launcher is killed with -9, then the next start ends what was left and has the same totals; --reset has none', async () => {
  const killed = place.launch(java);
  await killed.untilReady();
  process.kill(killed.pid, 'SIGKILL');
  await killed.ended;
  expect(place.servers().filter(({ pid }) => identify(pid) !== null)).toHaveLength(withPrometheus ? 6 : 5);

  const next = place.launch(java);
  await next.untilReady();
  expect(next.said()).toContain('An earlier start was cut off; ended what it left:');
  expect(await callsCounted()).toBe(1);

  const other = place.launch(java);
  expect((await other.ended).code).toBe(1);
  expect(other.said()).toContain(`npm start is running here already, as process ${next.pid}`);
  await stopped('SIGTERM', next);

  const fresh = place.launch(java, '--reset');
  await fresh.untilReady();
  expect(await callsCounted()).toBe(0);
  if (withPrometheus) {
    const recorded = async (when: string) => (await askPrometheus(`max(max_over_time(vxt_calls_total[${when}]))`))[''];
    expect(await waitUntil(async () => (await recorded('1h')) === '0', 60_000)).toBe(true);
  }

  const callMetrics = place.servers().find(({ name }) => name === 'call-metrics');
  process.kill(callMetrics?.pid ?? 0, 'SIGKILL');
  expect((await fresh.ended).code).toBe(1);
  expect(fresh.said().trim().split('\n').at(-1)).toMatch(/^call-metrics was ended by SIGKILL/);
  expect(await place.portsInUse()).toEqual([]);
}, 400_000);

test('When it is stopped while Kafka starts, then nothing is left running', async () => {
  const launch = place.launch(java);
  expect(await waitUntil(() => place.servers().length > 0, 60_000)).toBe(true);
  const { code, tookMs } = await stopped('SIGINT', launch);
  expect({ code, inTime: tookMs < STOP_WITHIN_MS }).toEqual({ code: 0, inTime: true });
  expect(await place.portsInUse()).toEqual([]);
  expect(existsSync(join(place.directory, 'processes.json'))).toBe(false);
}, 120_000);

test('When a port is in use, then it is said with the variable that changes it, and the exit code is 1', async () => {
  const uses = [
    ['prometheus-exporter', 'EXPORTER_PORT'],
    ...(withPrometheus ? [['Prometheus', 'PROMETHEUS_PORT'] as const] : []),
  ] as const;
  const taken = uses.map(([, variable]) => createServer().listen(place.ports[variable], '127.0.0.1'));
  const launch = place.launch(java);
  expect((await launch.ended).code).toBe(1);
  for (const server of taken) server.close();
  for (const [name, variable] of uses) {
    expect(launch.said()).toContain(`Port ${place.ports[variable]} for ${name} is in use`);
    expect(launch.said()).toContain(`${variable}=`);
  }
});

test('When there is neither Java nor Docker, then it exits 1 and says the three ways', async () => {
  const launch = place.launch({ PATH: pathWithNodeOnly() });
  expect((await launch.ended).code).toBe(1);
  for (const way of ['1. Java 17 or newer and Maven', '2. A Docker engine', '3. A Kafka and a schema registry']) {
    expect(launch.said()).toContain(way);
  }
});

test('When the external addresses are wrong, then one clear line says so within 15 s, without a stack trace', async () => {
  const startedAt = performance.now();
  const KAFKA_BROKERS = `127.0.0.1:${place.ports.KAFKA_PORT}`;
  const SCHEMA_REGISTRY_URL = `http://127.0.0.1:${place.ports.SCHEMA_REGISTRY_PORT}/apis/ccompat/v7`;
  const launch = place.launch({ STACK: 'external', KAFKA_BROKERS, SCHEMA_REGISTRY_URL });
  expect((await launch.ended).code).toBe(1);
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  const [, ...problem] = launch.said().trim().split('\n');
  expect(problem).toEqual([
    `STACK=external: no broker of KAFKA_BROKERS=${KAFKA_BROKERS} answers (connection refused); SCHEMA_REGISTRY_URL=${SCHEMA_REGISTRY_URL} does not answer (connection refused)`,
  ]);
});

test('When external addresses are right, then no broker is started, and they are used', async () => {
  const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '' } = process.env;
  const KAFKA_TOPIC_PREFIX = `e2e${process.pid}.`;
  const launch = place.launch({ KAFKA_BROKERS, SCHEMA_REGISTRY_URL, KAFKA_TOPIC_PREFIX });
  await launch.untilReady();
  expect(launch.said()).toContain('Using the Kafka and registry given: KAFKA_BROKERS and SCHEMA_REGISTRY_URL are set.');
  expect(place.servers()).toHaveLength(withPrometheus ? 4 : 3);
  await stopped('SIGTERM', launch);
}, 120_000);

test('When there is no Prometheus, then one line says so, its port is not looked at, and the rest runs', async () => {
  const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '' } = process.env;
  const server = createServer().listen(place.ports.PROMETHEUS_PORT, '127.0.0.1');
  const bin = pathWithNodeOnly();
  const launch = place.launch({
    PATH: bin,
    KAFKA_BROKERS,
    SCHEMA_REGISTRY_URL,
    KAFKA_TOPIC_PREFIX: `e2e${process.pid}.`,
  });
  await launch.untilReady();
  expect(launch.said().match(/^.*Prometheus.*$/gm)).toEqual([
    'Without Prometheus, which nothing here needs: no program `prometheus` is on the path.',
  ]);
  expect(place.servers()).toHaveLength(3);
  await stopped('SIGTERM', launch);
  server.close();
}, 120_000);
