import { expect, test } from '@jest/globals';
import { runRebuild, startCallMetricsProcess, startWithTest } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { killAtCommit } from '../support/kill-at-commit.ts';
import { fencedTasks } from '../support/metric-of.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';
import { watchExporter } from '../support/watch-exporter.ts';

test('When the totals are rebuilt under live traffic, then no sample of an exporter decreases, whether it runs on or is killed again and again meanwhile', async () => {
  const bench = await projectionBench();
  const service = await startCallMetricsProcess(bench.environment);
  await bench.write(randomEvents({ count: 10_000, seed: 91 }));
  await bench.settle();
  const watchers = [
    await watchExporter(bench.environment, { killed: false }),
    await watchExporter(bench.environment, { killed: true }),
  ];

  const { code, output } = await bench.writeUntil(runRebuild(bench.environment), 1_000);
  const { table, log } = await bench.settle();
  const [steady, restarted] = await Promise.all(watchers.map(({ end }) => end()));

  expect(table).toEqual(log);
  expect([code, output]).toEqual([0, expect.stringContaining('3 partitions published')]);
  const [, before, after] = /totals before (\w+)\ntotals after {2}(\w+)/.exec(output) ?? [];
  expect([before?.length, after]).toEqual([64, before]);
  expect([steady?.falls, restarted?.falls]).toEqual([[], []]);
  expect(steady?.scrapes).toBeGreaterThan(10);
  expect(restarted?.restarts).toBeGreaterThan(0);
  expect(watchers[1]?.newest.size).toBe(watchers[0]?.newest.size);
  const fenced = await fencedTasks(service.adminUrl);
  expect(fenced).toBeGreaterThan(0);
  expect(fenced).toBeLessThanOrEqual(3);
  process.stdout.write(
    `${JSON.stringify({ scrapes: steady?.scrapes, restarts: restarted?.restarts, fenced, before, after })}\n`,
  );
  expect(await service.end('SIGTERM')).toBe(0);
}, 240_000);

test('When a rebuild is killed while it publishes, then nothing of that partition changes, its live task goes on, and the next rebuild publishes', async () => {
  const bench = await projectionBench(1);
  const service = await startCallMetricsProcess(bench.environment);
  await bench.write(randomEvents({ count: 2_000, seed: 93 }));
  await bench.settle();
  const proxy = await killAtCommit(bench.brokers);
  const rebuild = startWithTest(
    'services/call-metrics/rebuild/main.ts',
    { ...bench.environment, KAFKA_BROKERS: proxy.address },
    ['--yes'],
  );
  proxy.aimAt(rebuild);
  await eventually(() => proxy.killedAtMs() !== null, { deadlineMs: 60_000, what: rebuild.output });
  expect(await bench.hanging()).not.toEqual([]);
  await bench.write(randomEvents({ count: 1_000, seed: 94 }));

  const { table, log } = await bench.settle(90_000);
  expect(table).toEqual(log);
  expect(await bench.hanging()).toEqual([]);
  expect(await fencedTasks(service.adminUrl)).toBe(1);

  const { code, output } = await runRebuild(bench.environment);
  expect([code, output]).toEqual([0, expect.stringContaining('1 partitions published')]);
  expect((await bench.both()).table).toEqual(log);
  expect(await service.end('SIGTERM')).toBe(0);
  await proxy.close();
}, 240_000);
