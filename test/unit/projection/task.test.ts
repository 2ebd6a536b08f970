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
        saw: (ends, positions) => (ends[TOPIC] ?? 0) > 100 && positions[TOPIC] === 10,
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

  test('when it sees where its inputs end, then it commits only what its fold has to say about that', async () => {
    const { task, commits, fire, isDue } = given();
    task.saw({ [TOPIC]: 100 });
    expect([isDue(), task.settled()]).toEqual([false, true]);
    task.saw({ [TOPIC]: 101 });
    expect([isDue(), task.settled()]).toEqual([true, false]);
    fire();
    task.saw({ [TOPIC]: 102 });
    commits[0]?.resolve();
    await settled();
    expect([commits.map(({ keys }) => keys), isDue()]).toEqual([[['@10']], true]);
    const ended = task.end();
    commits[1]?.resolve();
    await ended;
    expect([commits.length, task.settled()]).toEqual([2, false]);
    task.saw({ [TOPIC]: 103 });
    expect(isDue()).toBe(false);
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

  test('when few records hold much, then they are committed at once, and no more is taken meanwhile', async () => {
    const { task, commits, batch } = given();
    const large = {
      topic: TOPIC,
      partition: 0,
      timestampMs: 0,
      key: null,
      value: Buffer.alloc(17_000_000),
      headers: {},
    };
    const take = (offset: number) =>
      task.take({ ...batch(offset, []), nextOffset: offset + 1, records: [{ ...large, offset }] });
    take(10);
    expect(commits).toHaveLength(0);
    take(11);
    expect(commits.map(({ keys }) => keys)).toEqual([['10,11@12']]);
    take(12);
    take(13);
    let room = false;
    void task.room().then(() => {
      room = true;
    });
    await settled();
    expect([commits.length, room]).toEqual([1, false]);
    commits[0]?.resolve();
    await settled();
    commits[1]?.resolve();
    await settled();
    expect([commits.length, room]).toEqual([2, true]);
  });

  test('when records wait for their commit, then the committed position is that before them, until it is made', async () => {
    const { task, commits, batch, fire } = given();
    task.skip(TOPIC, 10, 12);
    expect(task.committed()[TOPIC]).toBe(12);
    task.take(batch(12, [12, 13]));
    expect([task.positions()[TOPIC], task.committed()[TOPIC]]).toEqual([14, 12]);
    fire();
    task.skip(TOPIC, 14, 15);
    expect(task.committed()[TOPIC]).toBe(12);
    task.take(batch(15, [15]));
    commits[0]?.resolve();
    await settled();
    expect(task.committed()[TOPIC]).toBe(14);
    fire();
    commits[1]?.reject(new Error('no answer'));
    await settled();
    expect(task.committed()[TOPIC]).toBe(14);
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
