import { expect, test } from '@jest/globals';
import { unreadPartitions, unreadProblem } from '../../../../services/call-metrics/monitoring/unread-partitions.ts';

const ends = (...highs: readonly number[]) =>
  new Map(highs.map((high, partition) => [partition, { low: 1, high }] as const));

test('When partitions were added to an input, then they are named with the number of records that are not counted', () => {
  const found = unreadPartitions(
    new Map([
      ['a', ends(9, 9, 4, 6)],
      ['b', ends(9, 9)],
      ['own', ends(9, 9, 9)],
    ]),
    ['a', 'b'],
    2,
  );
  expect(found).toEqual([{ topic: 'a', from: 2, to: 3, records: 8 }]);
  expect(found.map(unreadProblem)[0]).toMatch(
    /^partitions 2 to 3 were added to a, .* the 8 records in them are not counted\. Stop whoever writes there; /,
  );
});
