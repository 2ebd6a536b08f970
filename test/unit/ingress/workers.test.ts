import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { WorkerEnd, WorkerEvents } from '../../../services/ingress/workers/forked-worker.ts';
import { type KeptWorker, keepWorker } from '../../../services/ingress/workers/keep-worker.ts';
import type { LogFields } from '../../../services/shared/observability/logger.ts';
import type { MetricsSnapshot } from '../../../services/shared/observability/merge-metrics.ts';
import { createTimers, type Timers } from '../../support/timers.ts';
import { snapshotOf } from './snapshot-of.ts';

/** A process that does only what the test says. */
type FakeProcess = Readonly<{
  events: WorkerEvents;
  signals: string[];
  questions: { count: number };
  end: (end: WorkerEnd) => Promise<void>;
  /** Tells for so many seconds, twice a second, that it is ready. */
  beReady: (seconds: number) => void;
}>;

const killed: WorkerEnd = { code: null, reason: 'SIGKILL' };
let timers: Timers;
let processes: FakeProcess[];
let lines: (readonly [event: string, fields: LogFields])[];
let counted: (MetricsSnapshot | null)[];
let worker: KeptWorker;

const last = (): FakeProcess => {
  const process = processes.at(-1);
  if (process === undefined) throw new Error('No process was forked');
  return process;
};

function fork(events: WorkerEvents) {
  const ended = Promise.withResolvers<WorkerEnd>();
  const process: FakeProcess = {
    events,
    signals: [],
    questions: { count: 0 },
    end: async (end) => {
      ended.resolve(end);
      await nextTurn();
    },
    beReady: (seconds) => {
      events.onListening();
      for (let step = 0; step < seconds * 2; step += 1) {
        events.onMessage({ type: 'vxt-readiness', readiness: { ready: true } });
        timers.pass(500);
      }
    },
  };
  processes.push(process);
  return {
    pid: processes.length,
    ask: () => {
      process.questions.count += 1;
    },
    kill: (signal: string) => {
      process.signals.push(signal);
    },
    ended: ended.promise,
  };
}

beforeEach(() => {
  timers = createTimers();
  processes = [];
  lines = [];
  counted = [];
  const say = (event: string, fields: LogFields = {}) => void lines.push([event, fields]);
  worker = keepWorker({
    slot: 1,
    fork,
    logger: { info: say, error: say },
    onListening: () => undefined,
    onEnded: (_end, metrics) => void counted.push(metrics),
    nowMs: timers.nowMs,
    later: timers.later,
    stopWithinMs: 23_000,
  });
});

const eventsSaid = (): readonly string[] => lines.map(([event]) => event);

describe('When a worker ends', () => {
  test('then it is replaced after a second, and the log says both', async () => {
    last().beReady(5);
    await last().end(killed);
    expect(worker.state()).toEqual({ slot: 1, kind: 'absent' });
    timers.pass(999);
    expect(processes).toHaveLength(1);
    timers.pass(1);
    expect(processes).toHaveLength(2);
    expect(lines).toEqual([
      ['worker-started', { worker: 1, pid: 1 }],
      ['worker-ended', { worker: 1, pid: 1, reason: 'SIGKILL', hint: 'Another one is started in 1 s' }],
      ['worker-replaced', { worker: 1, pid: 2 }],
    ]);
  });

  test('again and again, then the pauses double up to 30 s; once it was ready for a while they begin anew', async () => {
    const pauses: number[] = [];
    const endAndWait = async (): Promise<void> => {
      const before = processes.length;
      await last().end({ code: 1, reason: 'exit code 1' });
      const endedMs = timers.nowMs();
      while (processes.length === before) timers.pass(100);
      pauses.push(timers.nowMs() - endedMs);
    };
    for (let attempt = 0; attempt < 7; attempt += 1) await endAndWait();
    last().beReady(10);
    await endAndWait();
    last().beReady(31);
    await endAndWait();
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 1_000]);
  });

  test('then what it had counted is handed on', async () => {
    const metrics = await snapshotOf(7);
    last().beReady(1);
    last().events.onMessage({ type: 'vxt-metrics', metrics });
    await last().end(killed);
    expect(counted).toEqual([metrics]);
  });
});

describe('When a worker stands still', () => {
  beforeEach(() => {
    last().beReady(5);
    timers.pass(3_600);
  });

  test('then that is its state and in the log, until it is heard again', () => {
    expect(worker.state()).toEqual({ slot: 1, kind: 'still' });
    expect(eventsSaid()).toEqual(['worker-started', 'worker-stands-still']);
    timers.pass(60_000);
    last().beReady(1);
    expect(worker.state()).toMatchObject({ kind: 'present', readiness: { ready: true } });
    expect(eventsSaid()).toEqual(['worker-started', 'worker-stands-still', 'worker-goes-on']);
  });

  test('then a question is given up after a second, and not asked again and again', async () => {
    for (let scrape = 0; scrape < 10; scrape += 1) {
      const asked = worker.ask();
      timers.pass(1_000);
      await asked;
    }
    expect(last().questions.count).toBe(1);
  });

  test('then a stop kills it after 3 s and says so', async () => {
    const stopped = worker.stop();
    timers.pass(3_000);
    expect(last().signals).toEqual(['SIGTERM']);
    timers.pass(1_000);
    expect(last().signals).toEqual(['SIGTERM', 'SIGKILL']);
    expect(lines.at(-1)).toEqual(['worker-killed', { worker: 1, pid: 1, reason: 'stands still' }]);
    await last().end(killed);
    await stopped;
    timers.pass(60_000);
    expect(processes).toHaveLength(1);
  });
});

test('When the primary itself stood still for a minute, then no worker is blamed', () => {
  last().beReady(5);
  timers.standStill(60_000);
  expect(worker.state()).toMatchObject({ kind: 'present' });
  last().beReady(1);
  expect(eventsSaid()).toEqual(['worker-started']);
});

test('When a worker takes too long to stop, then it is killed before the primary is', () => {
  last().beReady(1);
  void worker.stop();
  last().beReady(22);
  expect(last().signals).toEqual(['SIGTERM']);
  last().beReady(2);
  expect(last().signals).toContain('SIGKILL');
  expect(lines.at(-1)).toEqual(['worker-killed', { worker: 1, pid: 1, reason: 'takes too long to stop' }]);
});

test('When the primary stops while a worker is absent, then none is started any more', async () => {
  await last().end(killed);
  await worker.stop();
  timers.pass(60_000);
  expect(processes).toHaveLength(1);
});
