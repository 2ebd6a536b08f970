import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { startCallMetricsProcess, startWithTest } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { fencedTasks, metricOf } from '../support/metric-of.ts';
import type { TestEvent } from '../support/produce-events.ts';
import { projectionBench } from '../support/projection-bench.ts';
import { watchExporter } from '../support/watch-exporter.ts';

const EVENTS = Number(process.env.SOAK_REBUILD_EVENTS ?? 1_000_000);
/** Each has a lifetime and a day: two keys of the table. */
const USERS = EVENTS / 4;
const MAX_RSS_MB = 600;
const CHUNK = 20_000;
/** Live traffic: 200 calls a second, 17 million a day. */
const TRAFFIC = { calls: 20, everyMs: 100 };
const START_MS = Date.UTC(2026, 10, 22, 9);

/** A call, answered every other time. Each user has two in a row, and two again in the second half: by then the row of the first is in no cache. */
function call(number: number): TestEvent {
  const id = `large-${number}`;
  const uid = `user-${String(Math.floor(number / 2) % USERS).padStart(8, '0')}`;
  const startTimestamp = START_MS + (number % 3_600_000);
  const answerTimestamp = startTimestamp + 4_000;
  return {
    event: 'callLog',
    callLog: {
      version: 3,
      id,
      url: `https://app.example/${id}`,
      direction: number % 3 === 0 ? 'outbound' : 'inbound',
      result:
        number % 2 === 0
          ? { type: 'missed', startTimestamp }
          : { type: 'answered', startTimestamp, answerTimestamp, hangupTimestamp: answerTimestamp + 60_000 },
      user: { type: 'user', uid, email: `${uid}@example.com` },
      phoneNumberE164: '+6495550000',
      otherParties: [{ type: 'phoneNumber', phoneNumberE164: '+64215550000' }],
    },
  };
}

const calls = (from: number, count: number) => Array.from({ length: count }, (_, index) => call(from + index));

/** The most memory a process had so far, in MB; 0 once it has ended. */
function peakMb(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

test('When 1,000,000 events and 500,000 keys of one partition are rebuilt under live traffic, then it takes less than 600 MB, the live task is fenced at most once, and no exported sample falls', async () => {
  const bench = await projectionBench(1);
  const service = await startCallMetricsProcess(bench.environment);
  const applied = `vxt_projection_events_total{topic="${bench.name('callLogs')}",outcome="applied"}`;
  const counted = async (): Promise<number> => (await metricOf(service.adminUrl, applied)) ?? 0;
  for (let from = 0; from < EVENTS; from += CHUNK) await bench.write(calls(from, CHUNK));
  await eventually(async () => (await counted()) >= EVENTS, { deadlineMs: 300_000, everyMs: 1_000 });
  const exporter = await watchExporter(bench.environment, { killed: false });

  let written = EVENTS;
  let rebuilding = true;
  const traffic = async (): Promise<void> => {
    while (rebuilding) {
      await Promise.all([bench.write(calls(written, TRAFFIC.calls)), setTimeout(TRAFFIC.everyMs)]);
      written += TRAFFIC.calls;
    }
  };
  const writing = traffic();
  const startedMs = Date.now();
  const rebuild = startWithTest('services/call-metrics/rebuild/main.ts', bench.environment, ['--yes']);
  let peak = 0;
  await eventually(
    () => {
      peak = Math.max(peak, peakMb(rebuild.child.pid));
      return rebuild.child.exitCode !== null;
    },
    { deadlineMs: 1_200_000, everyMs: 100, what: rebuild.output },
  );
  const seconds = (Date.now() - startedMs) / 1_000;
  const trafficMeanwhile = written - EVENTS;
  rebuilding = false;
  await writing;
  const shown = (): number =>
    [...exporter.newest].reduce((sum, [series, value]) => sum + (series.startsWith('vxt_calls_total{') ? value : 0), 0);
  await eventually(() => shown() === written, { deadlineMs: 120_000, what: () => `${written} calls; ${shown()}` });
  const seen = await exporter.end();

  const { child, output } = rebuild;
  const fenced = await fencedTasks(service.adminUrl);
  const summary = { seconds, peakMb: Math.round(peak), fenced, scrapes: seen.scrapes, trafficMeanwhile };
  process.stdout.write(`${JSON.stringify(summary)}\n${output()}\n`);
  expect([child.exitCode, output()]).toEqual([0, expect.stringContaining('1 partitions published')]);
  const [, keys] = /of (\d+) keys will change/.exec(output()) ?? [];
  expect(Number(keys)).toBeGreaterThanOrEqual(EVENTS / 2);
  const [, before, after] = /totals before (\w+)\ntotals after {2}(\w+)/.exec(output()) ?? [];
  expect([before?.length, after]).toEqual([64, before]);
  expect(peak).toBeLessThan(MAX_RSS_MB);
  expect(fenced).toBe(1);
  expect(seen.falls).toEqual([]);
  expect(shown()).toBe(written);
  expect(await service.end('SIGTERM')).toBe(0);
}, 2_400_000);
