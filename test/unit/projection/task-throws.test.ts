import { describe, expect, test } from '@jest/globals';
import type { Fold } from '../../../services/shared/projection/projection.ts';
import { createTask } from '../../../services/shared/projection/task.ts';

const TOPIC = 'in';
const bug = new Error('a bug');

/** A task at offset 0 over one input whose fold throws where the test says. */
function given(fold: Partial<Fold>) {
  let due: (() => void) | null = null;
  let commits = 0;
  const task = createTask({
    opened: {
      positions: { [TOPIC]: 0 },
      fold: {
        apply: () => undefined,
        saw: () => false,
        takeTransaction: () => ({ records: [], committed: () => undefined }),
        ...fold,
      },
    },
    commit: async () => {
      commits += 1;
    },
    limits: { intervalMs: 100, records: 100 },
    after: (_ms, call) => {
      due = call;
      return () => {
        due = null;
      };
    },
    observer: { committed: () => undefined },
  });
  const take = (offset: number) =>
    task.take({
      topic: TOPIC,
      fromOffset: offset,
      nextOffset: offset + 1,
      records: [{ topic: TOPIC, partition: 0, offset, timestampMs: 0, key: null, value: null, headers: {} }],
    });
  return { task, take, fire: () => due?.(), isDue: () => due !== null, commits: () => commits };
}

describe('When the fold throws, then the task is lost, with whatever it remembered before it threw:', () => {
  test('while it folds a record: nothing is committed, the position stays, and no record is taken any more', async () => {
    const { task, take, isDue, commits } = given({
      apply: ({ offset }) => {
        if (offset === 1) throw bug;
      },
    });
    expect(take(0)).toBe('taken');
    expect(take(1)).toBe('ended');
    await expect(task.lost).resolves.toBe(bug);
    expect([task.positions()[TOPIC], isDue(), task.settled()]).toEqual([1, false, false]);
    expect(take(1)).toBe('ended');
    await task.room();
    await task.end();
    expect(commits()).toBe(0);
  });

  test.each<[string, Partial<Fold>, number]>([
    [
      'while it makes a transaction',
      {
        takeTransaction: () => {
          throw bug;
        },
      },
      0,
    ],
    [
      'once its transaction is committed',
      {
        takeTransaction: () => ({
          records: [],
          committed: () => {
            throw bug;
          },
        }),
      },
      1,
    ],
  ])('%s', async (_when, fold, commits) => {
    const lost = given(fold);
    lost.take(0);
    lost.fire();
    await expect(lost.task.lost).resolves.toBe(bug);
    expect([lost.take(1), lost.commits()]).toEqual(['ended', commits]);
  });
});
