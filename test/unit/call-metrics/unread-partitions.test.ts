import { expect, test } from '@jest/globals';
import { unreadInWords, unreadPartitions } from '../../../services/call-metrics/unread-partitions.ts';

const ends = (...highs: readonly number[]) =>
  new Map(highs.map((high, partition) => [partition, { low: 1, high }] as const));

test('When partitions were added to an input, then they are named with the records that nobody counts', () => {
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
  expect(found.map(unreadInWords)[0]).toMatch(
    /^partitions 2 to 3 were added to a, .* the 8 records in them are not counted\. Stop whoever writes there; /,
  );
});
