import { expect, test } from '@jest/globals';
import { runRebuild, startCallMetricsProcess, startWithTest } from '../support/call-metrics.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { randomEvents } from '../support/random-events.ts';
import { freePort, type ServiceProcess, untilReady } from '../support/service-process.ts';

const SCRAPE_EVERY_MS = 250;

/** Samples of the counters and histograms of calls and voicemails, by series. */
async function scrape(url: string): Promise<ReadonlyMap<string, number> | null> {
  const response = await fetch(url).catch(() => null);
  const page = response?.status === 200 ? await response.text().catch(() => null) : null;
  if (page === null) return null;
  const lines = page.split('\n').filter((line) => /^vxt_(call|voicemail|conference|late)/.test(line));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

test('When the totals are rebuilt under live traffic, then no sample of an exporter decreases, whether it runs on or is killed again and again meanwhile', async () => {
  const bench = await projectionBench();
  const service = await startCallMetricsProcess(bench.environment);
  await bench.write(randomEvents({ count: 10_000, seed: 91 }));
  await bench.settle();
  let done = false;
  const falls: string[] = [];
  const watch = async (killed: boolean) => {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}/metrics`;
    const newest = new Map<string, number>();
    const start = (): ServiceProcess =>
      startWithTest('services/prometheus-exporter/main.ts', { ...bench.environment, PORT: port });
    let exporter = start();
    await untilReady(exporter, url);
    let scrapes = 0;
    let restarts = 0;
    const scraping = async (): Promise<void> => {
      let sinceStart = 0;
      for (let last = false; ; last = done) {
        const samples = await scrape(url);
        for (const [series, value] of newest) {
          const now = samples?.get(series) ?? (samples === null ? value : Number.NaN);
          if (!(now >= value)) falls.push(`${series}: ${value} → ${now}`);
        }
        for (const [series, value] of samples ?? []) newest.set(series, value);
        if (samples !== null) {
          scrapes += 1;
          sinceStart += 1;
        }
        if (last && samples !== null) break;
        if (killed && sinceStart === 3 && !done) {
          sinceStart = 0;
          restarts += 1;
          await exporter.end('SIGKILL');
          exporter = start();
        }
        await new Promise((resolve) => setTimeout(resolve, SCRAPE_EVERY_MS));
      }
      await exporter.end('SIGTERM');
    };
    return { finished: scraping(), told: () => ({ scrapes, restarts, series: newest.size }) };
  };
  const watchers = [await watch(false), await watch(true)];

  const writing = bench.write(randomEvents({ count: 10_000, seed: 92 }), 20);
  const { code, output } = await runRebuild(bench.environment);
  await writing;
  const { table, log } = await bench.settle();
  done = true;
  await Promise.all(watchers.map(({ finished }) => finished));

  expect(table).toEqual(log);
  expect([code, output]).toEqual([0, expect.stringContaining('3 partitions published')]);
  const [, before, after] = /totals before (\w+)\ntotals after {2}(\w+)/.exec(output) ?? [];
  expect([before?.length, after]).toEqual([64, before]);
  expect(falls).toEqual([]);
  const [steady, restarted] = watchers.map(({ told }) => told());
  expect(steady?.scrapes).toBeGreaterThan(10);
  expect(restarted?.restarts).toBeGreaterThan(0);
  expect(restarted?.series).toBe(steady?.series);
  process.stdout.write(`${JSON.stringify({ steady, restarted, before, after })}\n`);
  expect(await service.end('SIGTERM')).toBe(0);
}, 240_000);
