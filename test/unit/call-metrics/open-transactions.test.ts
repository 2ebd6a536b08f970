import { expect, test } from '@jest/globals';
import { createOpenTransactions } from '../../../services/call-metrics/open-transactions.ts';
import type { EndsOfTopics } from '../../../services/shared/kafka/projection/log-ends.ts';

const ends = (...highs: readonly number[]): EndsOfTopics =>
  new Map([['table', new Map(highs.map((high, partition) => [partition, { low: 0, high }]))]]);

test('When transactions come and go, then none is stuck; when the last stable offset stands still below the high watermark, then the time is told', () => {
  let nowMs = 0;
  const open = createOpenTransactions(['table'], () => nowMs);
  const lookAfter = (ms: number, watermarks: EndsOfTopics, stable: EndsOfTopics): number | undefined => {
    nowMs += ms;
    open.saw(watermarks, stable);
    return open.heldSeconds().get('table');
  };
  expect(open.heldSeconds()).toEqual(new Map([['table', 0]]));
  expect(lookAfter(5_000, ends(4, 7), ends(3, 7))).toBe(0);
  // Another transaction is open, but the one before has ended.
  expect(lookAfter(5_000, ends(9, 7), ends(8, 7))).toBe(0);
  expect(lookAfter(5_000, ends(9, 12), ends(8, 11))).toBe(5);
  expect(lookAfter(5_000, ends(30, 12), ends(8, 11))).toBe(10);
  nowMs += 1_500;
  expect(open.heldSeconds()).toEqual(new Map([['table', 11.5]]));
  // The older of the two has ended; more was written since the watermarks were asked for.
  expect(lookAfter(500, ends(30, 12), ends(31, 11))).toBe(7);
  expect(lookAfter(5_000, ends(31, 12), ends(31, 12))).toBe(0);
});
