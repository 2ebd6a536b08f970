import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectRegistry } from '../../services/shared/avro/registry.ts';
import { createWriter, type Writer } from '../../services/shared/avro/writer.ts';
import type { DirectionTotals, UserCallMetrics } from '../../services/shared/call-events/avro-types.generated.ts';
import { answerBoundsMs, talkBoundsMs } from '../../services/shared/call-events/histogram-bounds.ts';
import { eventually } from '../support/eventually.ts';
import { testKafka } from '../support/kafka-log.ts';
import { freePort, type ServiceProcess, startProcess, untilReady } from '../support/service-process.ts';
import { isolatedStack } from '../support/stack.ts';

const { brokers, registryUrl, prefix, environment } = isolatedStack();
const topic = `${prefix}user-call-metrics`;
const producer = testKafka(brokers).producer();
let writer: Writer<UserCallMetrics>;
const running: ServiceProcess[] = [];

type Exporter = ServiceProcess & Readonly<{ url: string }>;

async function startExporter(more: Readonly<Record<string, string>> = {}): Promise<Exporter> {
  const port = await freePort();
  const service = startProcess('services/prometheus-exporter/main.ts', { ...environment, ...more, PORT: String(port) });
  const exporter = { ...service, url: `http://127.0.0.1:${port}/metrics` };
  running.push(exporter);
  await untilReady(exporter, exporter.url);
  return exporter;
}

/** The samples of the phone metrics, without the process's own. */
async function scrape(url: string, accept = 'text/plain'): Promise<readonly string[]> {
  const body = await (await fetch(url, { headers: { accept } })).text();
  return body.split('\n').filter((line) => /^vxt_(call|conference|voicemail|last|late|user)/.test(line));
}

const until = (url: string, line: string): Promise<unknown> =>
  eventually(async () => (await scrape(url)).includes(line), { what: () => `${line} at ${url}` });

const direction = (more: Partial<DirectionTotals> = {}): DirectionTotals => ({
  answered: 0,
  missed: 0,
  other: 0,
  answerMs: 0,
  talkMs: 0,
  clockSkewed: 0,
  implausibleAnswered: 0,
  implausibleMissed: 0,
  implausibleOther: 0,
  answerHistogram: answerBoundsMs.concat(0).map(() => 0),
  talkHistogram: talkBoundsMs.concat(0).map(() => 0),
  ...more,
});

const metrics = (uid: string, rank: number, missed: number): UserCallMetrics => ({
  subject: { type: 'user', id: uid },
  userEmail: { string: `${uid}@example.com` },
  date: null,
  timeZone: 'UTC',
  inbound: direction({
    missed,
    answered: 1,
    answerMs: 4_001,
    talkMs: 61_002,
    answerHistogram: answerBoundsMs.concat(0).map((_, bucket) => (bucket === 3 ? 1 : 0)),
    talkHistogram: talkBoundsMs.concat(0).map((_, bucket) => (bucket === 3 ? 1 : 0)),
  }),
  outbound: direction(),
  otherDirection: direction(),
  conferenceCalls: 0,
  voicemails: 2,
  voicemailMs: 30_500,
  voicemailsTranscribed: 1,
  implausibleVoicemails: 0,
  lateEvents: 0,
  lastCallAt: { long: 1_763_700_000_000 },
  lastVoicemailAt: null,
  firstSeen: { timestamp: rank, partition: 0, offset: rank },
});

const write = (key: string, value: UserCallMetrics | Buffer | null) =>
  producer.send({
    topic,
    messages: [{ key, partition: 1, value: value === null || Buffer.isBuffer(value) ? value : writer.encode(value) }],
  });
const missed = (uid: string, count: number) =>
  `vxt_calls_total{user_uid="${uid}",direction="inbound",result="missed"} ${count}`;

let first: Exporter;

beforeAll(async () => {
  first = await startExporter();
  writer = await createWriter(
    connectRegistry({ url: registryUrl, username: null, password: null }),
    topic,
    'user-call-metrics',
  );
  await producer.connect();
});
afterAll(async () => {
  await producer.disconnect();
  for (const service of running) await service.end('SIGKILL');
});

describe('When totals are written to the table', () => {
  test('then each is exposed as it stands, in seconds, with its histogram', async () => {
    await write('user/anna/lifetime', metrics('anna', 1, 3));
    await until(first.url, missed('anna', 3));
    const lines = await scrape(first.url);
    for (const line of [
      'vxt_calls_total{user_uid="anna",direction="outbound",result="missed"} 0',
      'vxt_call_talk_seconds_total{user_uid="anna",direction="inbound"} 61.002',
      'vxt_call_answer_seconds_total{user_uid="anna",direction="inbound"} 4.001',
      'vxt_voicemails_total{user_uid="anna"} 2',
      'vxt_voicemail_duration_seconds_total{user_uid="anna"} 30.5',
      'vxt_conference_calls_total{user_uid="anna"} 0',
      'vxt_call_answer_duration_seconds_bucket{le="3",direction="inbound"} 0',
      'vxt_call_answer_duration_seconds_bucket{le="5",direction="inbound"} 1',
      'vxt_call_answer_duration_seconds_bucket{le="+Inf",direction="inbound"} 1',
      'vxt_call_answer_duration_seconds_sum{direction="inbound"} 4.001',
      'vxt_call_answer_duration_seconds_count{direction="inbound"} 1',
      'vxt_last_event_timestamp_seconds{event="callLog"} 1763700000',
    ]) {
      expect(lines).toContain(line);
    }
  });

  test('then days, keys of nothing and values that cannot be read change nothing, and the last are counted', async () => {
    const day = { ...metrics('anna', 1, 99), date: { string: '2026-11-22' } };
    await write('user/anna/2026-11-22', day);
    await write('user/broken/lifetime', Buffer.from('not Avro'));
    await write('user/berta/lifetime', metrics('berta', 2, 1));
    await until(first.url, missed('berta', 1));
    expect(await scrape(first.url)).toContain(missed('anna', 3));
    const all = await (await fetch(first.url)).text();
    expect(all).toContain('vxt_exporter_undecodable_records_total 1');
    expect(all).toContain('vxt_exporter_table_subjects 2');
  });

  test('then a second replica and a restarted one expose the same numbers', async () => {
    const second = await startExporter();
    expect(await scrape(second.url)).toEqual(await scrape(first.url));
    expect(await second.end('SIGKILL')).toBeNull();
    const third = await startExporter();
    expect(await scrape(third.url)).toEqual(await scrape(first.url));
  });

  test('then OpenMetrics holds the same samples, and both formats can be asked for in turn', async () => {
    const before = await scrape(first.url);
    const response = await fetch(first.url, { headers: { accept: 'application/openmetrics-text;version=1.0.0' } });
    expect(response.headers.get('content-type')).toContain('application/openmetrics-text');
    const body = await response.text();
    expect(body.endsWith('# EOF\n')).toBe(true);
    expect(body).toContain('# TYPE vxt_calls counter');
    expect(body).toContain(missed('anna', 3));
    expect(await scrape(first.url)).toEqual(before);
  });

  test('then no e-mail address is exposed, unless it is asked for', async () => {
    expect(await (await fetch(first.url)).text()).not.toContain('@example.com');
    const named = await startExporter({ METRICS_USER_NAMES: 'email' });
    expect(await scrape(named.url)).toContain('vxt_user_info{user_uid="anna",user="anna@example.com"} 1');
  });

  test('then users over the cap are summed under `other`, those seen first are named', async () => {
    await write('user/carla/lifetime', metrics('carla', 3, 5));
    const capped = await startExporter({ METRICS_MAX_USERS: '1' });
    await until(capped.url, missed('other', 6));
    const lines = await scrape(capped.url);
    expect(lines).toContain(missed('anna', 3));
    expect(lines).toContain('vxt_users_in_other 2');
    expect(lines.some((line) => line.includes('carla') || line.includes('berta'))).toBe(false);
  });

  test('then a user who was there before the others, and comes late, moves none of them to `other`', async () => {
    const capped = await startExporter({ METRICS_MAX_USERS: '2' });
    await until(capped.url, missed('other', 5));
    expect(await scrape(capped.url)).toContain(missed('berta', 1));
    await write('user/zoe/lifetime', metrics('zoe', 0, 7));
    await until(capped.url, missed('other', 12));
    const lines = await scrape(capped.url);
    for (const line of [missed('anna', 3), missed('berta', 1), 'vxt_users_in_other 2']) expect(lines).toContain(line);
    await write('user/zoe/lifetime', null);
    await until(capped.url, missed('other', 5));
  });

  test('then a tombstone takes the subject away', async () => {
    await write('user/carla/lifetime', null);
    await eventually(async () => !(await scrape(first.url)).some((line) => line.includes('carla')));
  });
});

test('When it is told to stop, then it ends in order', async () => {
  expect(await first.end()).toBe(0);
});

test('When the registry is away while there is something to read, then /metrics answers 503 rather than half a table, until it is back', async () => {
  const { hostname, port: registryPort, pathname } = new URL(registryUrl);
  const [port, door] = [await freePort(), await freePort()];
  const service = startProcess('services/prometheus-exporter/main.ts', {
    ...environment,
    SCHEMA_REGISTRY_URL: `http://127.0.0.1:${door}${pathname}`,
    PORT: String(port),
  });
  running.push(service);
  const url = `http://127.0.0.1:${port}/metrics`;
  const answers = new Set<number>();
  const scrapedOnce = async (): Promise<void> => {
    const response = await fetch(url).catch(() => null);
    if (response !== null) answers.add(response.status);
  };
  await eventually(async () => {
    await scrapedOnce();
    return service.output().includes('schema-registry-awaited');
  });
  await scrapedOnce();
  expect([...answers]).toEqual([503]);

  const proxy = createServer((client) => {
    const registry = connect({ host: hostname, port: Number(registryPort) });
    client.on('error', () => registry.destroy()).pipe(registry);
    registry.on('error', () => client.destroy()).pipe(client);
  }).listen(door, '127.0.0.1');
  await untilReady(service, url);
  const body = await (await fetch(url)).text();
  expect(Number(/^vxt_schema_registry_errors_total (\d+)$/m.exec(body)?.[1])).toBeGreaterThan(0);
  expect(body).toContain(missed('anna', 3));
  await service.end('SIGKILL');
  proxy.close();
});
