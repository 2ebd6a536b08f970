import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectRegistry } from '../../services/shared/avro/registry.ts';
import { type CallMetricsProcess, startCallMetricsProcess } from '../support/call-metrics.ts';
import { readTable } from '../support/committed-table.ts';
import { eventually } from '../support/eventually.ts';
import type { TestEvent } from '../support/produce-events.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { call, voicemail } from '../unit/call-metrics/events.ts';

const DAY_MS = 86_400_000;
const DAYS = 730;
const KEPT_DAYS = 400;
const DEDUPE_DAYS = 30;
/** Noon, two years ago: a broker takes records from the past, but none from the future. */
const BEGIN_MS = (Math.floor(Date.now() / DAY_MS) - DAYS) * DAY_MS + DAY_MS / 2;
const atDay = (day: number): number => BEGIN_MS + day * DAY_MS;
const keyOf = (day: number): string => `user/u-1/${new Date(atDay(day)).toISOString().slice(0, 10)}`;
const callOf = (day: number) => call({ id: `c-${day}`, result: { type: 'missed', startTimestamp: atDay(day) } });
/** The last day of the log: yesterday. */
const LAST = DAYS - 1;
/** A month of calls is one commit. */
const MONTH = 30;

let bench: Awaited<ReturnType<typeof projectionBench>>;
let admin: ReturnType<typeof bench.kafka.admin>;
let producer: ReturnType<typeof bench.kafka.producer>;

beforeAll(async () => {
  bench = await projectionBench(1);
  admin = bench.kafka.admin();
  producer = bench.kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  // Records tell their own log time: the test cannot wait two years. The broker would delete them for their age.
  const configEntries = [{ name: 'retention.ms', value: '-1' }];
  const topics = [bench.name('callLogs'), bench.name('voicemails')];
  await admin.createTopics({
    topics: topics.map((topic) => ({ topic, numPartitions: 1, configEntries })),
    waitForLeaders: true,
  });
});
afterAll(async () => {
  await Promise.all([admin?.disconnect(), producer?.disconnect()]);
});

const writeAt = async (events: readonly (readonly [TestEvent, number])[]): Promise<void> => {
  for (const topic of [bench.name('callLogs'), bench.name('voicemails')]) {
    const messages = events.flatMap(([event, timestampMs]) => {
      const { key, value, topic: own } = bench.toRecord(event);
      return own === topic ? [{ partition: 0, key, value, timestamp: String(timestampMs) }] : [];
    });
    if (messages.length > 0) await producer.send({ topic, messages });
  }
};
const seenOffsets = async () => {
  const [ends] = await admin.fetchTopicOffsets(bench.name('callMetricsSeen'));
  return { low: Number(ends?.low ?? 0), high: Number(ends?.high ?? 0) };
};
const table = () => {
  const registry = connectRegistry({ url: process.env.SCHEMA_REGISTRY_URL ?? '', username: null, password: null });
  return readTable(bench.brokers, bench.prefix, registry);
};
const daysOf = async (): Promise<readonly string[]> =>
  [...(await table()).keys()].filter((key) => !key.endsWith('/lifetime')).sort();
const untilCounted = (
  field: (lifetime: NonNullable<ReturnType<Awaited<ReturnType<typeof table>>['get']>>) => boolean,
) =>
  eventually(async () => {
    const lifetime = (await table()).get('user/u-1/lifetime');
    return lifetime !== undefined && field(lifetime) ? lifetime : null;
  });

test('When one input is quiet for two years, then day rows and seen ids stay within their horizons, also after a restart', async () => {
  const start = (): Promise<CallMetricsProcess> =>
    startCallMetricsProcess({
      ...bench.environment,
      METRICS_KEPT_DAYS: String(KEPT_DAYS),
      DEDUPE_HORIZON_DAYS: String(DEDUPE_DAYS),
    });
  const first = await start();
  await writeAt([[voicemail({ id: 'v-first', timestamp: BEGIN_MS }), BEGIN_MS]]);
  /** By month, where its commit of seen ids begins. */
  const months: number[] = [];
  for (let day = 0; day <= LAST; day += MONTH) {
    const { high } = await seenOffsets();
    months.push(high);
    const days = Array.from({ length: Math.min(MONTH, LAST - day + 1) }, (_, index) => day + index);
    await writeAt(days.map((one) => [callOf(one), atDay(one)] as const));
    await eventually(async () => (await seenOffsets()).high > high);
  }
  const kept = Array.from({ length: KEPT_DAYS + 1 }, (_, index) => keyOf(LAST - KEPT_DAYS + index));

  await eventually(async () => (await daysOf()).length === kept.length, {
    deadlineMs: 30_000,
    everyMs: 1_000,
    what: () => `the table to keep ${kept.length} days`,
  });
  expect(await daysOf()).toEqual(kept);
  // The last month, and the one before, of which the horizon still covers a part.
  const [from = 0] = months.slice(-2);
  await eventually(async () => (await seenOffsets()).low >= from - 1, {
    deadlineMs: 150_000,
    everyMs: 1_000,
    what: () => `the seen ids before ${from} to be deleted; ${first.output()}`,
  });
  expect(await first.end('SIGTERM')).toBe(0);

  const second = await start();
  await writeAt([
    [callOf(LAST - 20), atDay(LAST)],
    [callOf(LAST), atDay(LAST)],
    [voicemail({ id: 'v-late', timestamp: atDay(LAST - KEPT_DAYS - 1) }), atDay(LAST)],
    [voicemail({ id: 'v-new', timestamp: atDay(LAST) }), atDay(LAST)],
  ]);
  expect(await untilCounted(({ voicemails }) => voicemails === 3)).toMatchObject({
    inbound: { missed: DAYS, implausibleMissed: 0 },
    implausibleVoicemails: 0,
    lateEvents: 1,
  });
  expect(await daysOf()).toEqual(kept);
  expect(await second.end('SIGTERM')).toBe(0);
}, 360_000);
