import { expect, test } from '@jest/globals';
import { connectRegistry } from '../../services/shared/avro/registry.ts';
import { topicName } from '../../services/shared/call-events/topics.ts';
import { runRebuild, startCallMetricsProcess, startWithTest } from '../support/call-metrics.ts';
import { readEvents, readTable } from '../support/committed-table.ts';
import { eventually } from '../support/eventually.ts';
import { readLog } from '../support/kafka-log.ts';
import { naiveTotals, totalsByKey } from '../support/naive-totals.ts';
import { createInputRecords, produce, type TestEvent } from '../support/produce-events.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';

type Bench = Awaited<ReturnType<typeof projectionBench>>;

const url = () => process.env.SCHEMA_REGISTRY_URL ?? '';
const registry = () => connectRegistry({ url: url(), username: null, password: null });

/** As a person does it who needs more partitions. */
async function grow(bench: Bench, count: number): Promise<void> {
  const admin = bench.kafka.admin();
  await admin.connect();
  const topics = [bench.name('callLogs'), bench.name('voicemails'), bench.name('schemaIds'), ...bench.outputs];
  await admin.createPartitions({ topicPartitions: topics.map((topic) => ({ topic, count })) });
  await admin.disconnect();
}

/** Writes events as an ingress with this prefix and number of partitions would. */
async function writeAs(bench: Bench, prefix: string, partitions: number, events: readonly TestEvent[]): Promise<void> {
  const toRecord = await createInputRecords(registry(), prefix, partitions);
  await produce(bench.kafka, events.map(toRecord));
}

async function repartition(bench: Bench, ...args: readonly string[]) {
  const run = startWithTest('services/ingress/repartition/main.ts', bench.environment, args);
  await eventually(() => run.child.exitCode !== null, { deadlineMs: 60_000, what: run.output });
  return { code: run.child.exitCode, output: run.output() };
}

const sorted = (totals: ReadonlyMap<string, unknown>) => [...totals].sort(([a], [b]) => (a < b ? -1 : 1));

test('When topics were given more partitions, then neither call-metrics nor a rebuild touches the totals, and the copy they name counts every event once', async () => {
  const bench = await projectionBench();
  const old = await startCallMetricsProcess(bench.environment);
  await bench.write(randomEvents({ count: 1_500, seed: 71 }));
  const before = await bench.settle();
  expect(before.table).toEqual(before.log);
  expect(await old.end('SIGTERM')).toBe(0);
  await grow(bench, 8);
  await writeAs(bench, bench.prefix, 8, randomEvents({ count: 500, seed: 72 }));
  const grown = { ...bench.environment, KAFKA_PARTITIONS: '8' };

  const refused = await startCallMetricsProcess(grown, { ready: false });
  await eventually(() => refused.child.exitCode !== null, { deadlineMs: 60_000 });
  expect([refused.child.exitCode, refused.output()]).toEqual([
    1,
    expect.stringMatching(/partitions=3 \(now 8\).*npm run repartition/),
  ]);
  for (const args of [['--yes'], ['--yes', '--allow-decrease'], ['--dry-run']]) {
    const { code, output } = await runRebuild(grown, args);
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/totals were made of topics with 3.*npm run repartition/),
    ]);
  }
  const { code, output } = await runRebuild(bench.environment);
  expect([code, output]).toEqual([1, expect.stringContaining('npm run repartition')]);
  const kept = totalsByKey(await readTable(bench.brokers, bench.prefix, registry()));
  expect(sorted(kept)).toEqual(sorted(before.table));

  const to = `${bench.prefix}more.`;
  const arguments_ = ['--to-prefix', to, '--to-partitions', '8'];
  expect(await repartition(bench, ...arguments_, '--dry-run')).toEqual({
    code: 0,
    output: expect.stringMatching(/would copy [12]\d{3} records/),
  });
  expect(await repartition(bench, ...arguments_)).toEqual({ code: 1, output: expect.stringContaining('Say --yes') });
  const first = await repartition(bench, ...arguments_, '--yes');
  expect(first).toEqual({ code: 0, output: expect.stringContaining('; 0 were copied by earlier runs') });
  const moved = await startCallMetricsProcess({ ...grown, KAFKA_TOPIC_PREFIX: to });
  // The ingress writes to the new topics now; what it wrote to the old ones meanwhile is copied after that.
  await writeAs(bench, to, 8, randomEvents({ count: 300, seed: 73 }));
  await writeAs(bench, bench.prefix, 8, randomEvents({ count: 400, seed: 74 }));
  const second = await repartition(bench, ...arguments_, '--yes');
  expect(second.code).toBe(0);
  expect(await repartition(bench, ...arguments_, '--yes')).toEqual({
    code: 0,
    output: expect.stringMatching(/copied 0 records; 2\d{3} were copied by earlier runs/),
  });

  const all = naiveTotals(
    [...(await readEvents(bench.brokers, bench.prefix, registry())), ...randomEvents({ count: 300, seed: 73 })],
    8,
  );
  const totals = async () => totalsByKey(await readTable(bench.brokers, to, registry()));
  await eventually(async () => JSON.stringify(sorted(await totals())) === JSON.stringify(sorted(all)), {
    deadlineMs: 60_000,
    everyMs: 500,
  }).catch(() => undefined);
  expect(sorted(await totals())).toEqual(sorted(all));
  const deadLetters = await readLog(bench.brokers, [topicName(to, 'deadLetters')]);
  expect(deadLetters).toEqual([]);
  expect(await moved.end('SIGTERM')).toBe(0);
}, 240_000);

test('When a copy is ended in its middle, then the next run copies the rest, byte for byte, and nothing twice', async () => {
  const bench = await projectionBench();
  const service = await startCallMetricsProcess(bench.environment);
  await service.end('SIGTERM');
  await bench.write(randomEvents({ count: 40_000, seed: 81 }));
  const to = `${bench.prefix}more.`;
  const arguments_ = ['--to-prefix', to, '--to-partitions', '5', '--yes'];

  const run = startWithTest('services/ingress/repartition/main.ts', bench.environment, arguments_);
  const target = topicName(to, 'callLogs');
  await eventually(async () => (await endOf(bench, target)) > 2_000, {
    deadlineMs: 60_000,
    everyMs: 5,
    what: run.output,
  });
  await run.end('SIGKILL');
  const left = await repartition(bench, ...arguments_);
  expect(left).toEqual({ code: 0, output: expect.stringMatching(/copied [1-9]\d* records; [1-9]\d* were/) });

  for (const topic of ['callLogs', 'voicemails'] as const) {
    const valuesOf = async (name: string) =>
      (await readLog(bench.brokers, [name])).map(({ key, value }) => `${key} ${value?.toString('latin1')}`).sort();
    const copies = await valuesOf(topicName(to, topic));
    expect(copies.length).toBeGreaterThan(0);
    expect(copies).toEqual(await valuesOf(bench.name(topic)));
  }
}, 240_000);

async function endOf(bench: Bench, topic: string): Promise<number> {
  const admin = bench.kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic).catch(() => []);
  await admin.disconnect();
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}
