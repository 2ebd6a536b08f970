import { expect, test } from '@jest/globals';
import { startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';

const DAY_MS = 86_400_000;
/** A broker takes records from the past, but none from the future. */
const BEGIN_MS = Date.now() - 40 * DAY_MS;

test('When log time passes the horizon, then ids behind it are deleted from Kafka, the others still known after a restart', async () => {
  const bench = await projectionBench(1);
  const topics = [bench.name('callLogs'), bench.name('voicemails')];
  const admin = bench.kafka.admin();
  await admin.connect();
  // Records tell their own log time: the test cannot wait 30 days. The broker would delete them for their age.
  const configEntries = [{ name: 'retention.ms', value: '-1' }];
  await admin.createTopics({
    topics: topics.map((topic) => ({ topic, numPartitions: 1, configEntries })),
    waitForLeaders: true,
  });
  const producer = bench.kafka.producer();
  await producer.connect();
  const writeAt = async (events: ReturnType<typeof randomEvents>, timestampMs: number): Promise<void> => {
    for (const { topic, partition, key, value } of events.map(bench.toRecord)) {
      await producer.send({ topic, messages: [{ partition, key, value, timestamp: String(timestampMs) }] });
    }
  };
  const ends = async () => (await admin.fetchTopicOffsets(bench.name('callMetricsSeen')))[0];
  const first = await startCallMetricsProcess(bench.environment);
  const old = randomEvents({ count: 100, seed: 121, duplicates: 0, untilMs: BEGIN_MS });
  await writeAt(old, BEGIN_MS);
  await bench.settle();
  // Behind the last record of ids only the marker of its transaction follows, which holds none.
  const marker = Number((await ends())?.high) - 1;
  const recent = randomEvents({ count: 100, seed: 122, duplicates: 0, untilMs: BEGIN_MS + 31 * DAY_MS });

  await writeAt(recent, BEGIN_MS + 31 * DAY_MS);

  await eventually(async () => Number((await ends())?.low) >= marker, {
    deadlineMs: 180_000,
    everyMs: 1_000,
    what: () => `the old ids to be deleted; ${first.output()}`,
  });
  expect(await first.end('SIGTERM')).toBe(0);
  const second = await startCallMetricsProcess(bench.environment);
  await writeAt(recent, BEGIN_MS + 32 * DAY_MS);
  const counted = await eventually(async () => {
    const metrics = await (await fetch(`${second.adminUrl}/metrics`)).text();
    const of = (outcome: string): number =>
      [...metrics.matchAll(new RegExp(`^vxt_projection_events_total\\{.*outcome="${outcome}"\\} (\\d+)`, 'gm'))].reduce(
        (sum, [, count]) => sum + Number(count),
        0,
      );
    return of('applied') + of('duplicate') === 100 ? { applied: of('applied'), duplicate: of('duplicate') } : null;
  });
  expect(counted).toEqual({ applied: 0, duplicate: 100 });
  const { table, log } = await bench.settle();
  expect(table).toEqual(log);
  expect(await second.end('SIGTERM')).toBe(0);
  await producer.disconnect();
  await admin.disconnect();
}, 360_000);
