import { describe, expect, test } from '@jest/globals';
import type { TargetRecord } from '../../../../services/shared/projection/records.ts';
import { createTask } from '../../../../services/shared/projection/task.ts';

const TOPIC = 'in';

/** A task over one input, whose transactions hold the folded offsets. The test controls its commits and its timer. */
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
        observeEnds: (ends, positions) => (ends[TOPIC] ?? 0) > 100 && positions[TOPIC] === 10,
        takeTransaction: (positions) => {
          const records: TargetRecord[] = [{ topic: 'out', key: `${folded.join()}@${positions[TOPIC]}`, value: null }];
          folded = [];
          return { records, markCommitted: () => undefined };
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
    observer: { onCommit: (records) => committed.push(records) },
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
  test('when records arrive, then they are committed with the position after the interval', async () => {
    const { task, commits, committed, batch, fire } = given();
    expect(task.isSettled()).toBe(true);
    expect(task.foldBatch(batch(10, [10, 11]))).toBe('folded');
    expect([commits, task.isSettled()]).toEqual([[], false]);
    fire();
    expect(task.isSettled()).toBe(false);
    expect(commits[0]?.keys).toEqual(['10,11@12']);
    commits[0]?.resolve();
    await settled();
    expect(committed).toEqual([2]);
  });

  test('when a batch of another assignment arrives that starts after the position, then it is refused', () => {
    const { task, batch, isDue } = given();
    expect(task.foldBatch(batch(11, [11]))).toBe('gap');
    expect([task.positions()[TOPIC], isDue()]).toEqual([10, false]);
  });

  test('when records arrive again, then those before the position are ignored', () => {
    const { task, commits, batch, fire } = given();
    task.foldBatch(batch(10, [10, 11]));
    task.foldBatch(batch(10, [10, 11, 12], 14));
    fire();
    expect(commits[0]?.keys).toEqual(['10,11,12@14']);
  });

  test('when offsets have no record, then the position moves past them, but never past a gap', () => {
    const { task } = given();
    task.skip(TOPIC, 12, 15);
    expect(task.positions()[TOPIC]).toBe(10);
    task.skip(TOPIC, 8, 13);
    task.skip(TOPIC, 8, 9);
    expect(task.positions()[TOPIC]).toBe(13);
  });

  test('when it observes where its inputs end, then it commits only if its fold has something to commit', async () => {
    const { task, commits, fire, isDue } = given();
    task.observeEnds({ [TOPIC]: 100 });
    expect([isDue(), task.isSettled()]).toEqual([false, true]);
    task.observeEnds({ [TOPIC]: 101 });
    expect([isDue(), task.isSettled()]).toEqual([true, false]);
    fire();
    task.observeEnds({ [TOPIC]: 102 });
    commits[0]?.resolve();
    await settled();
    expect([commits.map(({ keys }) => keys), isDue()]).toEqual([[['@10']], true]);
    const ended = task.end();
    commits[1]?.resolve();
    await ended;
    expect([commits.length, task.isSettled()]).toEqual([2, false]);
    task.observeEnds({ [TOPIC]: 103 });
    expect(isDue()).toBe(false);
  });

  test('when more records arrive during a commit, then the next commit waits for it: never two at once', async () => {
    const { task, commits, batch, fire } = given(2);
    task.foldBatch(batch(10, [10, 11]));
    expect(commits).toHaveLength(1);
    task.foldBatch(batch(12, [12, 13, 14]));
    fire();
    let room = false;
    void task.untilRoom().then(() => {
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

  test('when few records hold many bytes, then they are committed at once, and there is no room until then', async () => {
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
      task.foldBatch({ ...batch(offset, []), nextOffset: offset + 1, records: [{ ...large, offset }] });
    take(10);
    expect(commits).toHaveLength(0);
    take(11);
    expect(commits.map(({ keys }) => keys)).toEqual([['10,11@12']]);
    take(12);
    take(13);
    let room = false;
    void task.untilRoom().then(() => {
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

  test('when records wait for their commit, then the committed position is before them until they are committed', async () => {
    const { task, commits, batch, fire } = given();
    task.skip(TOPIC, 10, 12);
    expect(task.committedPositions()[TOPIC]).toBe(12);
    task.foldBatch(batch(12, [12, 13]));
    expect([task.positions()[TOPIC], task.committedPositions()[TOPIC]]).toEqual([14, 12]);
    fire();
    task.skip(TOPIC, 14, 15);
    expect(task.committedPositions()[TOPIC]).toBe(12);
    task.foldBatch(batch(15, [15]));
    commits[0]?.resolve();
    await settled();
    expect(task.committedPositions()[TOPIC]).toBe(14);
    fire();
    commits[1]?.reject(new Error('no answer'));
    await settled();
    expect(task.committedPositions()[TOPIC]).toBe(14);
  });

  test('when a commit fails or its outcome is unknown, then the task is lost and commits nothing more', async () => {
    const { task, commits, batch, fire, isDue } = given();
    task.foldBatch(batch(10, [10]));
    fire();
    task.foldBatch(batch(11, [11]));
    const error = new Error('no answer');
    commits[0]?.reject(error);
    await expect(task.lost).resolves.toBe(error);
    expect(task.foldBatch(batch(12, [12]))).toBe('ended');
    await task.untilRoom();
    await task.end();
    expect([commits.length, isDue()]).toEqual([1, false]);
  });

  test('when it ends, then what was folded is committed first', async () => {
    const { task, commits, batch } = given();
    task.foldBatch(batch(10, [10]));
    const ended = task.end();
    expect(commits[0]?.keys).toEqual(['10@11']);
    commits[0]?.resolve();
    await ended;
    expect(task.foldBatch(batch(11, [11]))).toBe('ended');
  });
});
