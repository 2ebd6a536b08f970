import { describe, expect, test } from '@jest/globals';
import { type ReadinessFacts, readinessOf } from '../../../services/call-metrics/readiness.ts';
import { createStallWatch } from '../../../services/call-metrics/stall-watch.ts';
import type { SlotPhase } from '../../../services/shared/kafka/projection/task-slot.ts';

const task = (phase: SlotPhase, sinceMs = 0, problem: string | null = null) => ({
  ...{ partition: 3, phase, sinceMs, problem },
});
const ready: ReadinessFacts = { caughtUp: true, joined: true, tasks: [], began: true, stalled: [], nowMs: 100_000 };
const reasons = (facts: Partial<ReadinessFacts>) => {
  const readiness = readinessOf({ ...ready, ...facts });
  return readiness.ready ? [] : readiness.reasons;
};

describe('A replica', () => {
  test('is ready when each of its partitions runs, and also as a standby without any', () => {
    expect(reasons({ tasks: [task('running')] })).toEqual([]);
    expect(reasons({})).toEqual([]);
  });

  test('is not ready while totals are read or the group is not joined', () => {
    expect(reasons({ caughtUp: false, joined: false })).toEqual([
      'the totals are being read from Kafka',
      'the group is not joined yet',
    ]);
  });

  test('when a partition does not run for 30 s, then it is named with its problem; for less only before all ran once', () => {
    const restoring = { tasks: [task('restoring', 70_001, 'no answer')] };
    expect(reasons(restoring)).toEqual([]);
    expect(reasons({ ...restoring, began: false })).toEqual(['partition 3 is restoring: no answer']);
    expect(reasons({ ...restoring, nowMs: 100_001 })).toEqual(['partition 3 is restoring: no answer']);
  });

  test('when a partition is stopped, then at once', () => {
    expect(reasons({ tasks: [task('stopped', 99_999)] })).toEqual(['partition 3 is stopped']);
  });

  test('when records of a partition wait for their commit too long, then it is named', () => {
    expect(reasons({ tasks: [task('running')], stalled: [3] })).toEqual(['partition 3 has not committed for 30 s']);
  });

  test('when it was lost for a reason before that, then with the reason', () => {
    const tasks = [task('running', 0, 'a bug')];
    expect(reasons({ tasks, stalled: [3] })).toEqual(['partition 3 has not committed for 30 s: a bug']);
  });

  test('when a partition waits for 30 s, then it is named with what it waits for', () => {
    const waiting = { tasks: [task('waiting', 70_001, 'no registry')] };
    expect(reasons(waiting)).toEqual([]);
    expect(reasons({ ...waiting, nowMs: 100_001 })).toEqual(['partition 3 is waiting: no registry']);
  });

  test('when something is wrong with the topics, then it is told', () => {
    expect(reasons({ surroundings: ['partitions were added'] })).toEqual(['partitions were added']);
  });
});

describe('A partition is stalled', () => {
  const watched = () => {
    let nowMs = 0;
    const watch = createStallWatch(() => nowMs);
    const at = (ms: number) => {
      nowMs = ms;
      return watch;
    };
    return { at };
  };

  test('when it makes no progress for more than 30 s', () => {
    const { at } = watched();
    at(0).began(1);
    expect(at(30_000).stalled()).toEqual([]);
    expect(at(30_001).stalled()).toEqual([1]);
    at(30_002).progressed(1);
    expect(at(60_002).stalled()).toEqual([]);
  });

  test('also when it is restored again and again, as one whose commits always fail', () => {
    const { at } = watched();
    for (let ms = 0; ms <= 30_000; ms += 2_000) at(ms).began(1);
    expect(at(30_001).stalled()).toEqual([1]);
  });

  test('no more when it was given away', () => {
    const { at } = watched();
    at(0).began(1);
    at(1).forget(1);
    expect(at(40_000).stalled()).toEqual([]);
  });
});
