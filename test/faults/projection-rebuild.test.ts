import { expect, test } from '@jest/globals';
import { runRebuild, startCallMetricsProcess } from '../support/call-metrics.ts';
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

  const writing = bench.write(randomEvents({ count: 10_000, seed: 92 }), 20);
  const { code, output } = await runRebuild(bench.environment);
  await writing;
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
  const fenced = service.output().match(/"event":"task-lost"[^\n]*"state":"fenced"/g) ?? [];
  expect(fenced.length).toBeLessThanOrEqual(3);
  process.stdout.write(
    `${JSON.stringify({ scrapes: steady?.scrapes, restarts: restarted?.restarts, fenced: fenced.length, before, after })}\n`,
  );
  expect(await service.end('SIGTERM')).toBe(0);
}, 240_000);
