import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectRegistry } from '../../services/shared/avro/registry.ts';
import { createWriter } from '../../services/shared/avro/writer.ts';
import type { UserCallMetrics } from '../../services/shared/call-events/avro-types.generated.ts';
import { testKafka } from '../support/kafka-log.ts';
import { keyOf, lifetime, noCalls } from '../support/lifetimes.ts';
import { freePort, type ServiceProcess, startProcess, untilReady } from '../support/service-process.ts';
import { isolatedStack } from '../support/stack.ts';

const users = 20_000;
/** The default of METRICS_MAX_USERS. */
const cap = 5_000;
const partitions = 3;
/** Prometheus gives up a scrape after 10 s, where nothing else is set. */
const SCRAPE_TIMEOUT_MS = 10_000;

const { brokers, registryUrl, prefix, environment } = isolatedStack();
const running: ServiceProcess[] = [];
afterAll(async () => {
  for (const service of running) await service.end('SIGKILL');
});

/** Ranks run against the order in which the users are written. */
const user = (at: number): UserCallMetrics =>
  lifetime(`00000000-0000-4000-8000-${String(at).padStart(12, '0')}`, users - at, {
    inbound: { ...noCalls, answered: at, missed: at % 7, answerMs: at * 1_001, talkMs: at * 60_001 },
    outbound: { ...noCalls, answered: 1, talkMs: 1 },
    voicemails: at % 3,
    voicemailMs: (at % 3) * 1_500,
  });

type Samples = ReadonlyMap<string, ReadonlyMap<string, number>>;
type Scrape = Readonly<{ samples: Samples; usersInOther: number; memoryBytes: number; bytes: number; tookMs: number }>;

/** Values in thousandths, by the name and labels without the user, then by user. */
function samplesOf(body: string): Samples {
  const samples = new Map<string, Map<string, number>>();
  for (const [, name, uid = '', rest, value] of body.matchAll(
    /^(vxt_\w+_total)\{user_uid="([^"]*)",?(.*)\} (\S+)$/gm,
  )) {
    const series = `${name}{${rest}}`;
    const byUser = samples.get(series) ?? new Map<string, number>();
    samples.set(series, byUser.set(uid, Math.round(Number(value) * 1_000)));
  }
  return samples;
}

async function scrape(url: string): Promise<Scrape> {
  const startedMs = performance.now();
  const body = await (await fetch(url)).text();
  const tookMs = performance.now() - startedMs;
  const gauge = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1]);
  const memoryBytes = gauge('process_resident_memory_bytes');
  return {
    samples: samplesOf(body),
    usersInOther: gauge('vxt_users_in_other'),
    memoryBytes,
    bytes: body.length,
    tookMs,
  };
}

async function startExporter() {
  const url = `http://127.0.0.1:${await freePort()}/metrics`;
  const service = startProcess('services/prometheus-exporter/main.ts', {
    ...environment,
    PORT: new URL(url).port,
  });
  running.push(service);
  await untilReady(service, url);
  return { service, url };
}

/** Starts an exporter, scrapes it ten times, and tells what that took. */
async function measure(): Promise<Scrape> {
  const { service, url } = await startExporter();
  const scrapes: Scrape[] = [];
  for (let count = 0; count < 10; count += 1) scrapes.push(await scrape(url));
  await service.end();
  const longestMs = Math.max(...scrapes.map(({ tookMs }) => tookMs));
  const last = scrapes.at(-1);
  if (last === undefined) throw new Error('Nothing was scraped');
  const named = [...(last.samples.values().next().value ?? [])].length;
  process.stdout.write(
    `${users} users, ${named} values of user_uid: a scrape is ${(last.bytes / 1e6).toFixed(1)} MB and takes up to ${longestMs.toFixed(0)} ms; ${(last.memoryBytes / 1e6).toFixed(0)} MB of memory after ten.\n`,
  );
  return { ...last, tookMs: longestMs };
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

beforeAll(async () => {
  // It makes the topic.
  const { service } = await startExporter();
  const topic = `${prefix}user-call-metrics`;
  const registry = connectRegistry({ url: registryUrl, username: null, password: null });
  const writer = await createWriter(registry, topic, 'user-call-metrics');
  const kafka = testKafka(brokers);
  const producer = kafka.producer();
  await producer.connect();
  for (let from = 0; from < users; from += 2_000) {
    const messages = Array.from({ length: 2_000 }, (_, index) => {
      const value = user(from + index);
      return { key: keyOf(value), value: writer.encode(value), partition: (from + index) % partitions };
    });
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
  await service.end();
});

/** What each series must hold of a user, in thousandths; 0 where it is not named here. */
const expected: Readonly<Record<string, (user: UserCallMetrics) => number>> = {
  'vxt_calls_total{direction="inbound",result="answered"}': ({ inbound }) => inbound.answered * 1_000,
  'vxt_calls_total{direction="inbound",result="missed"}': ({ inbound }) => inbound.missed * 1_000,
  'vxt_calls_total{direction="outbound",result="answered"}': ({ outbound }) => outbound.answered * 1_000,
  'vxt_call_answer_seconds_total{direction="inbound"}': ({ inbound }) => inbound.answerMs,
  'vxt_call_talk_seconds_total{direction="inbound"}': ({ inbound }) => inbound.talkMs,
  'vxt_call_talk_seconds_total{direction="outbound"}': ({ outbound }) => outbound.talkMs,
  'vxt_voicemails_total{}': ({ voicemails }) => voicemails * 1_000,
  'vxt_voicemail_duration_seconds_total{}': ({ voicemailMs }) => voicemailMs,
};

test('When there are 20,000 users, then those seen first are named, `other` and the named are the total, and a scrape is in time', async () => {
  const { samples, usersInOther, tookMs } = await measure();
  expect(usersInOther).toBe(users - cap);
  expect([...samples.keys()]).toEqual(expect.arrayContaining(Object.keys(expected)));
  const everyone = Array.from({ length: users }, (_, at) => user(at));
  const named = everyone.slice(-cap);
  for (const [series, byUser] of samples) {
    const of = expected[series] ?? (() => 0);
    expect(byUser.size).toBe(cap + 2);
    expect(named.filter((one) => byUser.get(one.subject.id) !== of(one))).toEqual([]);
    expect([series, byUser.get('none')]).toEqual([series, 0]);
    expect([series, sum(byUser.values())]).toEqual([series, sum(everyone.map(of))]);
  }
  expect(tookMs).toBeLessThan(SCRAPE_TIMEOUT_MS);
});
