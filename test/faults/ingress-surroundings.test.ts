import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type JavaStack, startJavaStack } from '../../dev/stack/java-stack.ts';
import { eventually } from '../support/eventually.ts';
import { type IngressProcess, startIngressProcess } from '../support/ingress.ts';
import { readLog, testKafka } from '../support/kafka-log.ts';
import { metricOf } from '../support/metric-of.ts';
import { acceptedIds, startLoad, statusCounts } from '../support/webhook-load.ts';
import { callWebhook, postWebhook, voicemailWebhook } from '../support/webhooks.ts';

const token = 'surroundings-token-0123456789';
const DEADLINE_MS = 2_000;
const HOUR_MS = 3_600_000;

const directory = mkdtempSync(join(tmpdir(), 'surroundings-'));
const shim = (name: string): string =>
  `--import=${pathToFileURL(join(import.meta.dirname, `../support/shims/${name}.mjs`))}`;
let stack: JavaStack;
let prefixes = 0;
const started: IngressProcess[] = [];

beforeAll(async () => {
  stack = await startJavaStack({ dataDirectory: join(directory, 'stack') });
});
afterEach(async () => {
  signalKafka('SIGCONT');
  for (const ingress of started.splice(0)) await ingress.end('SIGKILL');
});
afterAll(async () => {
  await stack.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Freezes and thaws the broker: its connections stay open, and nothing answers. */
function signalKafka(signal: 'SIGSTOP' | 'SIGCONT'): void {
  const pid = stack.kafka.pid();
  if (pid !== null) process.kill(pid, signal);
}

/** Settings of an ingress with topics and a spool of its own. */
function place(more: Readonly<Record<string, string>> = {}) {
  prefixes += 1;
  const prefix = `s${prefixes}.`;
  return {
    prefix,
    environment: {
      KAFKA_BROKERS: stack.brokers,
      SCHEMA_REGISTRY_URL: stack.registryUrl,
      KAFKA_TOPIC_PREFIX: prefix,
      KAFKA_PARTITIONS: '3',
      VXT_WEBHOOK_TOKENS: token,
      PUBLISH_DEADLINE_MS: String(DEADLINE_MS),
      SPOOL_DIRECTORY: join(directory, `spool-${prefixes}`),
      ...more,
    } as Readonly<Record<string, string>>,
  };
}
async function start(environment: Readonly<Record<string, string>>, until: 'ready' | 'listening' = 'ready') {
  const ingress = await startIngressProcess(environment, until);
  started.push(ingress);
  return ingress;
}

const post = (ingress: IngressProcess, body: string): Promise<number | null> => postWebhook(ingress.url, token, body);
const readiness = async (ingress: IngressProcess): Promise<string> => {
  const response = await fetch(`${ingress.adminUrl}/readyz`);
  return `${response.status} ${await response.text()}`;
};
const untilReadiness = (ingress: IngressProcess, wanted: RegExp): Promise<boolean> =>
  eventually(async () => wanted.test(await readiness(ingress)), {
    deadlineMs: 20_000,
    what: () => `readiness ${wanted}`,
  });
const untilDrained = (ingress: IngressProcess): Promise<boolean> =>
  eventually(async () => (await metricOf(ingress.adminUrl, 'vxt_spool_records')) === 0, {
    deadlineMs: 60_000,
    what: () => `an empty spool:\n${ingress.output().slice(-3_000)}`,
  });
async function idsInLog(...topics: readonly string[]): Promise<readonly string[]> {
  const log = await readLog(stack.brokers, topics);
  return log.map(({ headers }) => headers.ce_id ?? '').sort();
}

describe.each([
  ['forward', HOUR_MS],
  ['back', -HOUR_MS],
])('When the clock is set an hour %s', (way, offsetMs) => {
  const clockFile = join(directory, `clock-${way}`);
  const shimmed = { NODE_OPTIONS: shim('clock'), CLOCK_OFFSET_FILE: clockFile };

  test('under load, then every 202 is in the log, and no duration is negative or an hour', async () => {
    const { prefix, environment } = place({ ...shimmed, SPOOL_DIRECTORY: '' });
    const ingress = await start(environment);
    const load = startLoad({ url: ingress.url, token, name: 'jump', connections: 16 });
    const more = (count: number) => {
      const before = load.sent.length;
      return eventually(() => load.sent.length > before + count, { deadlineMs: 60_000 });
    };
    await more(500);
    writeFileSync(clockFile, String(offsetMs));
    await more(1_000);
    rmSync(clockFile);
    await more(500);
    const sent = await load.stop();
    console.log(`clock an hour ${way}: ${statusCounts(sent)}`);
    const ids = new Set(await idsInLog(`${prefix}call-logs`));
    expect(acceptedIds(sent).filter((id) => !ids.has(`callLog/${id}`))).toEqual([]);
    expect(acceptedIds(sent).length).toBeGreaterThan(1_800);
    for (const name of ['vxt_webhook_duration_seconds_sum', 'vxt_publish_duration_seconds_sum']) {
      const seconds = (await metricOf(ingress.adminUrl, name)) ?? Number.NaN;
      expect(seconds).toBeGreaterThanOrEqual(0);
      expect(seconds).toBeLessThan(1_800);
    }
  });

  test('while Kafka stands still, then each sender is answered within the deadline, and the ingress is not ready until Kafka goes on', async () => {
    const { environment } = place({ ...shimmed, SPOOL_DIRECTORY: '' });
    const ingress = await start(environment);
    signalKafka('SIGSTOP');
    const startedMs = performance.now();
    const answers = Promise.all(Array.from({ length: 10 }, (_, index) => post(ingress, callWebhook(`still-${index}`))));
    writeFileSync(clockFile, String(offsetMs));
    expect(new Set(await answers)).toEqual(new Set([503]));
    expect(performance.now() - startedMs).toBeLessThan(3 * DEADLINE_MS);
    await untilReadiness(ingress, /^503 .*(No broker answered lately|Kafka takes no connection)/);
    signalKafka('SIGCONT');
    await untilReadiness(ingress, /^200/);
    expect(await post(ingress, callWebhook('goes-on'))).toBe(202);
    rmSync(clockFile);
  });
});

test('When the disk of the spool stands still and Kafka too, then senders are answered within the deadline and readiness says why; once it goes on, all that was accepted is sent', async () => {
  const frozen = join(directory, 'disk-frozen');
  const { prefix, environment } = place({ NODE_OPTIONS: shim('disk'), DISK_FROZEN_FILE: frozen });
  const ingress = await start(environment);
  signalKafka('SIGSTOP');
  expect(await post(ingress, callWebhook('spooled'))).toBe(202);
  writeFileSync(frozen, '');
  const startedMs = performance.now();
  expect(await post(ingress, callWebhook('stalled'))).toBe(503);
  expect(performance.now() - startedMs).toBeLessThan(3 * DEADLINE_MS);
  const waiting = Promise.all(Array.from({ length: 5 }, (_, index) => post(ingress, callWebhook(`waiting-${index}`))));
  await untilReadiness(ingress, /^503 .*The disk of the spool does not answer/);
  expect(new Set(await waiting)).toEqual(new Set([503]));

  rmSync(frozen);
  await untilReadiness(ingress, /^200/);
  expect(await post(ingress, callWebhook('after'))).toBe(202);
  signalKafka('SIGCONT');
  await untilDrained(ingress);
  const ids = await idsInLog(`${prefix}call-logs`);
  expect(ids).toEqual(expect.arrayContaining(['callLog/spooled', 'callLog/after']));
}, 180_000);

describe('When a topic is deleted while the ingress runs', () => {
  const change = async (work: 'delete' | 'create', topic: string): Promise<void> => {
    const admin = testKafka(stack.brokers).admin();
    await admin.connect();
    if (work === 'delete') await admin.deleteTopics({ topics: [topic] });
    else await admin.createTopics({ topics: [{ topic, numPartitions: 3, replicationFactor: 1 }] });
    await admin.disconnect();
  };

  test('with a spool, then only its webhooks wait there, the log names it, and they are sent once it is recreated', async () => {
    const { prefix, environment } = place();
    const ingress = await start(environment);
    // With a spool it is ready before its topics are there, and a topic that is deleted while it creates them is created again.
    const lastTopic = `"event":"topic-created","topic":"${prefix}unrecognised-webhooks"`;
    await eventually(() => ingress.output().includes(lastTopic));
    await change('delete', `${prefix}voicemails`);
    // A broker takes records of a topic for a moment after it said that it is deleted.
    let voicemails = 0;
    await eventually(
      async () => {
        voicemails += 1;
        expect(await post(ingress, voicemailWebhook(`v${voicemails}`))).toBe(202);
        return (await metricOf(ingress.adminUrl, 'vxt_spool_records')) === 1;
      },
      { what: () => `one webhook in the spool (${voicemails} were sent):\n${ingress.output().slice(-4_000)}` },
    );
    for (let index = 0; index < 20; index += 1) expect(await post(ingress, callWebhook(`c${index}`))).toBe(202);
    expect(await metricOf(ingress.adminUrl, 'vxt_spool_records')).toBe(1);
    expect(await idsInLog(`${prefix}call-logs`)).toHaveLength(20);
    expect(ingress.output()).toMatch(
      new RegExp(`"event":"publish-refused","topic":"${prefix}voicemails".*UNKNOWN_TOPIC_OR_PARTITION`),
    );
    await change('create', `${prefix}voicemails`);
    await untilDrained(ingress);
    expect(await idsInLog(`${prefix}voicemails`)).toEqual([`voicemail/v${voicemails}`]);
  });

  test('without a spool, then only its webhooks are answered 503, as what it is', async () => {
    const { prefix, environment } = place({ SPOOL_DIRECTORY: '' });
    const ingress = await start(environment);
    await change('delete', `${prefix}voicemails`);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await eventually(async () => {
      const response = await fetch(ingress.url, { method: 'POST', headers, body: voicemailWebhook('v1') });
      return response.status === 503 && response;
    });
    expect(await answer.json()).toMatchObject({ title: 'Kafka refuses this event' });
    expect(await post(ingress, callWebhook('c1'))).toBe(202);
  });
});

describe('When the ingress starts while Kafka and the registry are unavailable', () => {
  test('and it has a spool and ran before, then it listens at once and spools, and sends all once they are back', async () => {
    const { prefix, environment } = place();
    const before = await start(environment);
    expect(await post(before, callWebhook('before'))).toBe(202);
    expect(await before.end()).toBe(0);
    signalKafka('SIGSTOP');
    await stack.registry.kill();

    const startedMs = performance.now();
    const ingress = await start(environment, 'listening');
    console.log(`listening after ${Math.round(performance.now() - startedMs)} ms with Kafka frozen and no registry`);
    expect(await post(ingress, callWebhook('meanwhile'))).toBe(202);
    expect(await readiness(ingress)).toMatch(/^200/);
    expect(ingress.output()).toContain('"event":"spooling-began"');

    signalKafka('SIGCONT');
    await stack.registry.start();
    await untilDrained(ingress);
    expect(await idsInLog(`${prefix}call-logs`)).toEqual(['callLog/before', 'callLog/meanwhile']);
    await eventually(() => ingress.output().includes('"event":"spooling-ended"'));
    expect(await ingress.end()).toBe(0);
  }, 180_000);

  test('and it has never run before, then it listens, answers 503 and is not ready until the registry tells the schema ids', async () => {
    const { prefix, environment } = place();
    await stack.registry.kill();
    const ingress = await start(environment, 'listening');
    expect(await post(ingress, callWebhook('early'))).toBe(503);
    expect(await readiness(ingress)).toMatch(/^503 .*schema registry/);
    await stack.registry.start();
    await untilReadiness(ingress, /^200/);
    expect(await post(ingress, callWebhook('later'))).toBe(202);
    await eventually(async () => (await idsInLog(`${prefix}call-logs`)).length === 1);
  }, 180_000);
});

test('When the registry deals other ids than the log was written with, then webhooks wait in the spool, the log says why, and they are sent once it is restored', async () => {
  const { prefix, environment } = place();
  const before = await start(environment);
  expect(await post(before, callWebhook('before'))).toBe(202);
  expect(await before.end()).toBe(0);

  const other = await startJavaStack({ dataDirectory: join(directory, 'other-stack') });
  try {
    const ingress = await start({ ...environment, SCHEMA_REGISTRY_URL: other.registryUrl }, 'listening');
    await eventually(() => ingress.output().includes('"event":"schema-ids-differ"'), { deadlineMs: 60_000 });
    expect(await post(ingress, callWebhook('held'))).toBe(202);
    expect(await metricOf(ingress.adminUrl, 'vxt_spool_records')).toBe(1);
    expect(await idsInLog(`${prefix}call-logs`)).toEqual(['callLog/before']);
    const subjects = await fetch(`${other.registryUrl}/subjects`).then((response) => response.json());
    expect(subjects).toEqual([]);
    expect(await ingress.end()).toBe(0);
  } finally {
    await other.stop();
  }
  const restored = await start(environment);
  await untilDrained(restored);
  expect(await idsInLog(`${prefix}call-logs`)).toEqual(['callLog/before', 'callLog/held']);
}, 180_000);

test('When the ingress has run with a spool, then the schema ids are kept beside it, and only their owner may read them', async () => {
  const { environment } = place();
  await start(environment);
  const file = join(environment.SPOOL_DIRECTORY ?? '', 'schema-ids.json');
  await eventually(() => existsSync(file));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
