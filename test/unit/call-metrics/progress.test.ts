import { describe, expect, test } from '@jest/globals';
import { createLagTracker } from '../../../services/call-metrics/lag.ts';
import { createProgress } from '../../../services/call-metrics/progress.ts';
import { createStallWatch } from '../../../services/call-metrics/stall-watch.ts';
import type { SlotStatus } from '../../../services/shared/kafka/projection/task-slot.ts';

const TOPIC = 'vxt.call-logs';

/** A replica with partitions 0 and 1, of which the test says what is committed and when. */
function replica() {
  const wall = Date.UTC(2026, 10, 22);
  let nowMs = 0;
  const committed = new Map([
    [0, 10],
    [1, 10],
  ]);
  const slots: SlotStatus[] = [0, 1].map((partition) => ({ partition, phase: 'running', sinceMs: 0, problem: null }));
  const lag = createLagTracker(() => wall + nowMs);
  const stalls = createStallWatch(() => nowMs);
  const progress = createProgress({
    lag,
    stalls,
    slots: () => slots,
    committedPart: (partition) => ({
      positions: { [TOPIC]: committed.get(partition) ?? 0 },
      logTimesMs: { [TOPIC]: partition === 0 ? wall : null },
    }),
    now: () => nowMs,
  });
  for (const { partition } of slots) {
    stalls.began(partition);
    lag.sawEnd(TOPIC, partition, 10);
  }
  return {
    progress,
    stalls,
    slots,
    /** Records come, up to this offset. */
    appended: (partition: number, end: number) => lag.sawEnd(TOPIC, partition, end),
    commits: (partition: number, position: number) => {
      committed.set(partition, position);
      stalls.progressed(partition);
    },
    at: (ms: number) => {
      nowMs = ms;
      progress.look();
    },
    lagOf: (partition: number) => progress.lags().find((one) => one.partition === partition)?.lag,
    waiting: () => Object.fromEntries(progress.waitingSeconds()),
  };
}

describe('The lag of a partition', () => {
  test('is what is not committed, whatever is folded already, and how old the last record committed is by log time', () => {
    const { appended, commits, at, lagOf } = replica();
    expect(lagOf(0)).toEqual({ records: 0, seconds: 0 });
    appended(0, 13);
    at(2_500);
    expect(lagOf(0)).toEqual({ records: 3, seconds: 2.5 });
    commits(0, 12);
    expect(lagOf(0)?.records).toBe(1);
    commits(0, 13);
    expect(lagOf(0)).toEqual({ records: 0, seconds: 0 });
  });

  test('counts from the start of the process where nothing was ever committed', () => {
    const { appended, at, lagOf } = replica();
    appended(1, 11);
    at(4_000);
    expect(lagOf(1)).toEqual({ records: 1, seconds: 4 });
  });

  test('does not shrink with an answer about the end that is older than the last', () => {
    const { appended, lagOf } = replica();
    appended(0, 15);
    appended(0, 12);
    expect(lagOf(0)?.records).toBe(5);
  });
});

describe('A partition waits', () => {
  test('since it last committed, while another one goes on', () => {
    const { appended, commits, at, waiting, stalls } = replica();
    at(100_000);
    expect(waiting()).toEqual({ 0: 0, 1: 0 });
    appended(0, 11);
    for (let ms = 101_000; ms <= 160_000; ms += 1_000) {
      at(ms);
      appended(1, ms);
      commits(1, ms - 1);
    }
    expect(waiting()).toEqual({ 0: 60, 1: 0 });
    expect(stalls.stalled()).toEqual([0]);
    commits(0, 11);
    expect([waiting(), stalls.stalled()]).toEqual([{ 0: 0, 1: 0 }, []]);
  });

  test('for no time, however long nothing has come', () => {
    const { at, waiting, stalls } = replica();
    for (let ms = 0; ms <= 200_000; ms += 5_000) at(ms);
    expect([waiting(), stalls.stalled()]).toEqual([{ 0: 0, 1: 0 }, []]);
  });

  test('since it stopped, where it never ran', () => {
    const { slots, stalls, appended, at, waiting } = replica();
    slots[0] = { partition: 0, phase: 'stopped', sinceMs: 20_000, problem: 'its log was cut' };
    stalls.forget(0);
    appended(0, 11);
    at(80_000);
    expect(waiting()).toEqual({ 0: 60, 1: 0 });
  });
});
