import { expect, test } from '@jest/globals';
import { createOpenTransactions } from '../../../../services/call-metrics/monitoring/open-transactions.ts';
import type { EndsOfTopics } from '../../../../services/shared/kafka/topics/log-ends.ts';

const ends = (...highs: readonly number[]): EndsOfTopics =>
  new Map([['table', new Map(highs.map((high, partition) => [partition, { low: 0, high }]))]]);

test('When transactions begin and end, then none is stuck; when the last stable offset does not move below the high watermark, then its time is reported', () => {
  let nowMs = 0;
  const open = createOpenTransactions(['table'], () => nowMs);
  const secondsAfter = (ms: number, watermarks: EndsOfTopics, stable: EndsOfTopics): number | undefined => {
    nowMs += ms;
    open.observeEnds(watermarks, stable);
    return open.heldSeconds().get('table');
  };
  expect(open.heldSeconds()).toEqual(new Map([['table', 0]]));
  expect(secondsAfter(5_000, ends(4, 7), ends(3, 7))).toBe(0);
  // Another transaction is open, but the previous one has ended.
  expect(secondsAfter(5_000, ends(9, 7), ends(8, 7))).toBe(0);
  expect(secondsAfter(5_000, ends(9, 12), ends(8, 11))).toBe(5);
  expect(secondsAfter(5_000, ends(30, 12), ends(8, 11))).toBe(10);
  nowMs += 1_500;
  expect(open.heldSeconds()).toEqual(new Map([['table', 11.5]]));
  // The older of the two has ended; more was written since the watermarks were fetched.
  expect(secondsAfter(500, ends(30, 12), ends(31, 11))).toBe(7);
  expect(secondsAfter(5_000, ends(31, 12), ends(31, 12))).toBe(0);
});
