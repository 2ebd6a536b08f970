import { expect, test } from '@jest/globals';
import { createReader } from '../../services/shared/avro/reader.ts';
import { connectRegistry } from '../../services/shared/avro/registry.ts';
import type { UserCallMetrics } from '../../services/shared/call-events/avro-types.generated.ts';
import { startTableReader } from '../../services/shared/kafka/table-reader.ts';
import { runRebuild, startCallMetricsProcess } from '../support/call-metrics.ts';
import { readTable } from '../support/committed-table.ts';
import { eventually } from '../support/eventually.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';

const registry = () => connectRegistry({ url: process.env.SCHEMA_REGISTRY_URL ?? '', username: null, password: null });

test('When the totals are rebuilt under live traffic, then no reader of the table sees a counter fall, and every key is the same', async () => {
  const bench = await projectionBench();
  const service = await startCallMetricsProcess(bench.environment);
  await bench.write(randomEvents({ count: 4_000, seed: 51 }));
  await bench.settle();
  const falls: string[] = [];
  const newest = new Map<string, number>();
  const tableRecords = createReader<UserCallMetrics>(registry(), 'user-call-metrics');
  const watcher = startTableReader(
    bench.kafka,
    { topics: [bench.name('userCallMetrics')], groupPrefix: `${bench.prefix}watcher-` },
    async (records) => {
      const values = records.flatMap(({ value }) => (value === null ? [] : [value]));
      await tableRecords.learn(values);
      for (const { key, value } of records) {
        const decoded = value === null ? null : tableRecords.decode(value);
        const count = decoded?.ok ? callsOf(decoded.value) : 0;
        if (count < (newest.get(key ?? '') ?? 0)) falls.push(`${key}: ${newest.get(key ?? '')} → ${count}`);
        newest.set(key ?? '', count);
      }
    },
  );
  await watcher.caughtUp;

  const { code, output } = await bench.writeUntil(runRebuild(bench.environment), 1_000);

  expect([code, output]).toEqual([0, expect.stringContaining('3 partitions published')]);
  const [, before, after] = /totals before (\w+)\ntotals after {2}(\w+)/.exec(output) ?? [];
  expect(after).toBe(before);
  const { table, log } = await bench.settle();
  expect(table).toEqual(log);
  expect(falls).toEqual([]);
  expect(newest.size).toBe(log.size);
  await watcher.stop();
  expect(await service.end('SIGTERM')).toBe(0);
}, 180_000);

test('When they are rebuilt in another time zone, then the service of the old one ends, and one of the new one starts with the right days', async () => {
  const bench = await projectionBench();
  const old = await startCallMetricsProcess(bench.environment);
  await bench.write(randomEvents({ count: 1_000, seed: 61 }));
  const { log } = await bench.settle();
  const auckland = { ...bench.environment, METRICS_TIME_ZONE: 'Pacific/Auckland' };

  const { code, output } = await runRebuild(auckland);

  expect([code, output]).toEqual([0, expect.stringMatching(/[1-9]\d* of \d+ keys will change/)]);
  expect(output).not.toContain('become smaller');
  await eventually(() => old.child.exitCode !== null, { deadlineMs: 60_000, what: () => old.output() });
  expect([old.child.exitCode, old.output()]).toEqual([
    1,
    expect.stringContaining('timeZone=Pacific/Auckland (now UTC)'),
  ]);

  const renewed = await startCallMetricsProcess(auckland);
  await bench.write(randomEvents({ count: 1_000, seed: 61 }));
  const lifetimes = (table: ReadonlyMap<string, unknown>) =>
    [...table].filter(([key]) => key.endsWith('/lifetime')).sort();
  await eventually(async () =>
    (await fetch(`${renewed.adminUrl}/metrics`)).text().then((text) => /outcome="duplicate"\} [1-9]/.test(text)),
  );
  expect(lifetimes((await bench.both()).table)).toEqual(lifetimes(log));
  const days = [...(await readTable(bench.brokers, bench.prefix, registry())).values()].filter(
    ({ date }) => date !== null,
  );
  expect(new Set(days.map(({ timeZone }) => timeZone))).toEqual(new Set(['Pacific/Auckland']));
  await renewed.end('SIGTERM');
}, 180_000);

test('When it is a dry run, or nobody agreed, then it tells what would change, and nothing is written and no task fenced', async () => {
  const bench = await projectionBench();
  const service = await startCallMetricsProcess(bench.environment);
  await bench.write(randomEvents({ count: 1_000, seed: 65 }));
  await bench.settle();
  const admin = bench.kafka.admin();
  await admin.connect();
  const ends = () => Promise.all(bench.outputs.map((topic) => admin.fetchTopicOffsets(topic)));
  const before = await ends();
  const auckland = { ...bench.environment, METRICS_TIME_ZONE: 'Pacific/Auckland' };

  const dry = await runRebuild(auckland, ['--dry-run']);
  expect([dry.code, dry.output]).toEqual([
    0,
    expect.stringMatching(/[1-9]\d* of \d+ keys will change\nNothing was published/),
  ]);
  const same = await runRebuild(bench.environment, ['--dry-run', '--yes']);
  expect([same.code, same.output]).toEqual([
    0,
    expect.stringMatching(/\b0 of \d+ keys will change\nNothing was published/),
  ]);
  const alone = await runRebuild(auckland, []);
  expect([alone.code, alone.output]).toEqual([1, expect.stringContaining('Say --yes')]);

  expect(await ends()).toEqual(before);
  expect(service.output()).not.toContain('task-lost');
  await admin.disconnect();
  expect(await service.end('SIGTERM')).toBe(0);
}, 180_000);

const callsOf = ({ inbound, outbound, otherDirection, voicemails }: UserCallMetrics): number =>
  [inbound, outbound, otherDirection].reduce(
    (sum, { answered, missed, other }) => sum + answered + missed + other,
    voicemails,
  );
