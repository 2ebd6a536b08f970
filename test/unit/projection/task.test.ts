import { describe, expect, test } from '@jest/globals';
import type { TargetRecord } from '../../../services/shared/projection/records.ts';
import { createTask } from '../../../services/shared/projection/task.ts';

const TOPIC = 'in';

/** A task over one input whose transactions hold the offsets folded, and whose commits and timer the test decides. */
function given(limit = 100) {
  let folded: number[] = [];
  let due: (() => void) | null = null;
  const commits: { keys: readonly string[]; resolve: () => void; reject: (error: Error) => void }[] = [];
  const committed: number[] = [];
  const task = createTask({
    opened: {
      positions: { [TOPIC]: 10 },
      fold: {
        apply: ({ offset }) => folded.push(offset),
        takeTransaction: (positions) => {
          const records: TargetRecord[] = [{ topic: 'out', key: `${folded.join()}@${positions[TOPIC]}`, value: null }];
          folded = [];
          return { records, committed: () => undefined };
        },
      },
    },
    commit: (records) =>
      new Promise((resolve, reject) => commits.push({ keys: records.map(({ key }) => String(key)), resolve, reject })),
    limits: { intervalMs: 100, records: limit },
    after: (_ms, call) => {
      due = call;
      return () => {
        due = null;
      };
    },
    observer: { committed: (records) => committed.push(records) },
  });
  const batch = (fromOffset: number, offsets: readonly number[], nextOffset = (offsets.at(-1) ?? fromOffset) + 1) => ({
    topic: TOPIC,
    fromOffset,
    nextOffset,
    records: offsets.map((offset) => ({
      topic: TOPIC,
      partition: 0,
      offset,
      timestampMs: 0,
      key: null,
      value: null,
      headers: {},
    })),
  });
  return { task, commits, committed, batch, fire: () => due?.(), isDue: () => due !== null };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('A task', () => {
  test('when records come, then they are committed with the position after the interval', async () => {
    const { task, commits, committed, batch, fire } = given();
    expect(task.settled()).toBe(true);
    expect(task.take(batch(10, [10, 11]))).toBe('taken');
    expect([commits, task.settled()]).toEqual([[], false]);
    fire();
    expect(task.settled()).toBe(false);
    expect(commits[0]?.keys).toEqual(['10,11@12']);
    commits[0]?.resolve();
    await settled();
    expect(committed).toEqual([2]);
  });

  test('when a batch of another assignment comes, beginning after the position, then it is refused', () => {
    const { task, batch, isDue } = given();
    expect(task.take(batch(11, [11]))).toBe('gap');
    expect([task.positions()[TOPIC], isDue()]).toEqual([10, false]);
  });

  test('when records come again, then those before the position are left out', () => {
    const { task, commits, batch, fire } = given();
    task.take(batch(10, [10, 11]));
    task.take(batch(10, [10, 11, 12], 14));
    fire();
    expect(commits[0]?.keys).toEqual(['10,11,12@14']);
  });

  test('when offsets hold no record, then the position moves over them, but never over a gap', () => {
    const { task } = given();
    task.skip(TOPIC, 12, 15);
    expect(task.positions()[TOPIC]).toBe(10);
    task.skip(TOPIC, 8, 13);
    task.skip(TOPIC, 8, 9);
    expect(task.positions()[TOPIC]).toBe(13);
  });

  test('when more come during a commit, then the next commit waits for it: never two at once', async () => {
    const { task, commits, batch, fire } = given(2);
    task.take(batch(10, [10, 11]));
    expect(commits).toHaveLength(1);
    task.take(batch(12, [12, 13, 14]));
    fire();
    let room = false;
    void task.room().then(() => {
      room = true;
    });
    await settled();
    expect([commits.length, room]).toEqual([1, false]);
    commits[0]?.resolve();
    await settled();
    expect(commits.map(({ keys }) => keys)).toEqual([['10,11@12'], ['12,13,14@15']]);
    commits[1]?.resolve();
    await settled();
    expect(room).toBe(true);
  });

  test('when a commit fails or nobody knows, then the task is lost and commits nothing more', async () => {
    const { task, commits, batch, fire, isDue } = given();
    task.take(batch(10, [10]));
    fire();
    task.take(batch(11, [11]));
    const error = new Error('no answer');
    commits[0]?.reject(error);
    await expect(task.lost).resolves.toBe(error);
    expect(task.take(batch(12, [12]))).toBe('ended');
    await task.room();
    await task.end();
    expect([commits.length, isDue()]).toEqual([1, false]);
  });

  test('when it ends, then what was folded is committed first', async () => {
    const { task, commits, batch } = given();
    task.take(batch(10, [10]));
    const ended = task.end();
    expect(commits[0]?.keys).toEqual(['10@11']);
    commits[0]?.resolve();
    await ended;
    expect(task.take(batch(11, [11]))).toBe('ended');
  });
});
