import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { caseOf } from '../support/fuzz/case-of.ts';
import { type FuzzCase, type Target, targets } from '../support/fuzz/fuzz-case.ts';
import { fuzzSettings } from '../support/fuzz/fuzz-settings.ts';
import { type FuzzedIngresses, startFuzzedIngresses, type TargetTurn } from '../support/fuzz/fuzzed-ingresses.ts';
import { createCaseRun } from '../support/fuzz/run-cases.ts';
import { type RecordTally, tallyRecords } from '../support/fuzz/tally-records.ts';
import { expectOnlyLogLines } from '../support/log-lines.ts';
import { metricOf } from '../support/metric-of.ts';
import { isolatedStack } from '../support/stack.ts';
import type { Vitals } from '../support/vitals.ts';

/** No turn of an event loop may take longer, without the time in which other processes kept it from running. */
const MAX_TURN_MS = 1_000;
/** What may be held more at the end than after the warm-up: caches and pools that do not grow with what is sent. */
const HEAP_MARGIN_BYTES = 24 * 2 ** 20;
/**
 * The same, and what the allocator keeps of the largest bodies that were inflated or gathered at once: that comes late
 * in a run, and at most once. What leaks shows in the heap, or outside of it, where nothing is kept.
 */
const RSS_MARGIN_BYTES = 192 * 2 ** 20;
/** Connections to brokers and of who reads metrics come and go. */
const CONNECTIONS_MARGIN = 3;
const CONNECTIONS = 48;
/** After so many failed cases a run tells what it has found. */
const MAX_FAILED = 20;

const { seed, seconds, only } = fuzzSettings(process.env);
const stack = isolatedStack();
const directory = mkdtempSync(join(tmpdir(), 'fuzz-'));
const run = createCaseRun();
const warm = new Map<Target, Vitals>();
let ingresses: FuzzedIngresses;
let tally: RecordTally;

beforeAll(
  async () => {
    process.stderr.write(`Fuzz: FUZZ_SEED=${seed}, ${only === null ? `${seconds} s` : `cases ${only.join()}`}\n`);
    ingresses = await startFuzzedIngresses(stack, directory);
    const topics = ['call-logs', 'voicemails', 'unrecognised-webhooks'].map((topic) => stack.prefix + topic);
    tally = await tallyRecords(stack.brokers, topics);
    if (only === null) await playAll();
    else await playOnly(only);
  },
  (seconds + 240) * 1_000,
);

afterAll(async () => {
  await tally?.close();
  await ingresses?.end();
  rmSync(directory, { recursive: true, force: true });
});

/** A fifth of the time to warm up; then, for another fifth, Kafka is away from the ingress with a spool. */
async function playAll(): Promise<void> {
  let number = 0;
  const playFor = async (share: number): Promise<void> => {
    const endMs = performance.now() + share * seconds * 1_000;
    const next = (): FuzzCase | null => {
      if (run.soFar.failed.length >= MAX_FAILED || performance.now() > endMs) return null;
      number += 1;
      return caseOf(seed, number - 1);
    };
    await run.play({ ports: ingresses.ports, connections: CONNECTIONS, next });
  };
  await playFor(0.2);
  for (const target of targets) warm.set(target, await ingresses.settledVitals(target));
  ingresses.letProduce(false);
  await playFor(0.2);
  ingresses.letProduce(true);
  await playFor(0.6);
}

/** One after the other, as they were on their connection. */
async function playOnly(numbers: readonly number[]): Promise<void> {
  const left = numbers.values();
  const next = (): FuzzCase | null => {
    const { value } = left.next();
    return value === undefined ? null : caseOf(seed, value);
  };
  await run.play({ ports: ingresses.ports, connections: 1, next });
}

/** What sends these cases once more. */
const replay = (...numbers: readonly number[]): string =>
  `FUZZ_SEED=${seed} FUZZ_CASES=${numbers.join()} npm run test:fuzz`;

/** The cases that a service had at the time of a turn. */
const casesDuring = ({ target, endedMs, tookMs }: TargetTurn) =>
  run.soFar.spans.filter(
    (span) => span.target === target && span.startedMs <= endedMs && span.endedMs >= endedMs - tookMs,
  );

describe(`When mutated bodies, headers and framings come in (FUZZ_SEED=${seed})`, () => {
  test('then each is answered within 10 s, with a documented status, and a valid webhook with 202', () => {
    const { played, statuses, slowestMs, failed } = run.soFar;
    const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
    console.log(
      `Seed ${seed}: ${played} cases; answers ${counts.join(', ')}; at most ${Math.round(slowestMs)} ms of waiting`,
    );
    expect(
      failed.map(({ number, before, ...more }) => ({ ...more, replay: replay(...before.slice(-50), number) })),
    ).toEqual([]);
    if (only === null) expect(played).toBeGreaterThan(seconds);
  });

  test.each(targets)('then no turn of the event loop takes over a second: %s', async (target) => {
    const turns = await ingresses.turns(target);
    const longest = turns
      .slice(0, 3)
      .map(({ tookMs, blockedMs }) => `${Math.round(blockedMs)} of ${Math.round(tookMs)}`);
    console.log(`Longest turns, ${target}, in ms, its own of all: ${longest.join(', ') || 'none over 200 ms'}`);
    const blocked = turns.filter(({ blockedMs }) => blockedMs > MAX_TURN_MS);
    const told = blocked.map((turn) => {
      const cases = casesDuring(turn);
      return { ...turn, cases: cases.map(({ what }) => what), replay: replay(...cases.map(({ number }) => number)) };
    });
    expect(told).toEqual([]);
  });

  test('then every 202 is in a topic', async () => {
    const { accepted } = run.soFar;
    const missing = (): readonly number[] =>
      [...accepted].filter(([number, count]) => tally.of(number) < count).map(([number]) => number);
    await eventually(() => missing().length === 0, { deadlineMs: 60_000 }).catch(() => undefined);
    const sum = [...accepted.values()].reduce((total, count) => total + count, 0);
    console.log(`${sum} answers 202, ${tally.total()} records; Kafka was away ${ingresses.cuts()} times`);
    expect(missing().map((number) => replay(number))).toEqual([]);
    if (only === null && run.soFar.failed.length < MAX_FAILED) expect(ingresses.cuts()).toBeGreaterThan(0);
  });

  test.each(targets)('then memory and connections are at their level again: %s', async (target) => {
    const before = warm.get(target);
    if (before === undefined) return;
    const now = await ingresses.settledVitals(target);
    console.log(`${target}, after the warm-up: ${told(before)}; at the end: ${told(now)}`);
    expect(now.heapUsed + now.external).toBeLessThan(before.heapUsed + before.external + HEAP_MARGIN_BYTES);
    expect(now.rss).toBeLessThan(before.rss + RSS_MARGIN_BYTES);
    expect(now.connections).toBeLessThanOrEqual(before.connections + CONNECTIONS_MARGIN);
  });

  test.each(targets)(
    'then it is ready, found no fault of its own, and its output is log lines without a secret: %s',
    async (target) => {
      const service = ingresses.of(target);
      expect((await fetch(`${service.adminUrl}/readyz`)).status).toBe(200);
      expect(await metricOf(service.adminUrl, 'vxt_internal_errors_total')).toBe(0);
      const metrics = await fetch(`${service.adminUrl}/metrics`).then((response) => response.text());
      expect(await service.end()).toBe(0);
      expectOnlyLogLines(service);
      expect(service.output()).not.toContain('MARKER');
      expect(metrics).not.toContain('MARKER');
    },
  );
});

const mb = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;

const told = ({ heapUsed, external, rss, connections }: Vitals): string =>
  `heap ${mb(heapUsed)}, outside of it ${mb(external)}, RSS ${mb(rss)}, ${connections} connections`;
