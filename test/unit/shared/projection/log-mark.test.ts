import { describe, expect, test } from '@jest/globals';
import { createLastRecords } from '../../../../services/shared/projection/last-records.ts';
import { isSameMark, markOf } from '../../../../services/shared/projection/log-mark.ts';

const recordAt = (offset: number, value: string | null = 'v', timestampMs = 5) => ({
  ...{ topic: 'in', partition: 0, offset, timestampMs, key: null, headers: {} },
  value: value === null ? null : Buffer.from(value),
});

describe('The mark of a record', () => {
  test('is the same for the same record, and differs if the offset, the time or the value does', () => {
    const mark = markOf(recordAt(7));
    expect(isSameMark(mark, markOf(recordAt(7)))).toBe(true);
    for (const other of [recordAt(8), recordAt(7, 'w'), recordAt(7, null), recordAt(7, 'v', 6)])
      expect(isSameMark(mark, markOf(other))).toBe(false);
  });
});

describe('The last records', () => {
  test('when none was folded, then the committed marks stay; otherwise the last record of each input counts', () => {
    const before = markOf(recordAt(3));
    const last = createLastRecords({ in: before, other: null });
    expect([last.markOf('in'), last.markOf('other'), last.markOf('unknown')]).toEqual([before, null, null]);
    last.observe(recordAt(4, 'a'));
    last.observe(recordAt(5, 'b'));
    expect(last.markOf('in')).toEqual(markOf(recordAt(5, 'b')));
    expect(last.markOf('in')).toEqual(markOf(recordAt(5, 'b')));
  });
});
