import { describe, expect, test } from '@jest/globals';
import { awaitOpenTransaction } from '../../../services/shared/kafka/projection/await-open-transaction.ts';

const ends = (high: number) => new Map([['table', new Map([[3, { low: 0, high }]])]]);

/** Looks at a log that ends at 10, whose last stable offset is told by the test, one look a number. */
function lookAt(stable: readonly (number | Error)[]) {
  let nowMs = 0;
  let looks = 0;
  return {
    looks: () => looks,
    nowMs: () => nowMs,
    look: {
      watermarks: async () => ends(10),
      stable: async () => {
        const found = stable[Math.min(looks, stable.length - 1)] ?? 0;
        looks += 1;
        if (found instanceof Error) throw found;
        return ends(found);
      },
      wanted: () => true,
      now: () => nowMs,
      wait: async (ms: number) => {
        nowMs += ms;
      },
    },
  };
}

describe('When a task was fenced', () => {
  test('and a transaction is open on its partition, then it waits until that has ended', async () => {
    const log = lookAt([4, 4, 10]);
    await awaitOpenTransaction(3, log.look);
    expect([log.looks(), log.nowMs()]).toEqual([3, 1_000]);
  });

  test('and none is open, or Kafka does not say, then it does not wait', async () => {
    for (const found of [10, new Error('no broker')]) {
      const log = lookAt([found]);
      await awaitOpenTransaction(3, log.look);
      expect(log.nowMs()).toBe(0);
    }
  });

  test('and the transaction never ends, then it waits no longer than 75 s', async () => {
    const log = lookAt([4]);
    await awaitOpenTransaction(3, log.look);
    expect(log.nowMs()).toBe(75_000);
  });

  test('and it is not wanted any more, then it ends at once', async () => {
    const log = lookAt([4]);
    await awaitOpenTransaction(3, { ...log.look, wanted: () => log.looks() < 2 });
    expect(log.looks()).toBe(2);
  });
});
