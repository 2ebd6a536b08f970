import { describe, expect, test } from '@jest/globals';
import { createLastRecords } from '../../../services/shared/projection/last-records.ts';
import { isSameMark, markOf } from '../../../services/shared/projection/log-mark.ts';

const recordAt = (offset: number, value: string | null = 'v', timestampMs = 5) => ({
  ...{ topic: 'in', partition: 0, offset, timestampMs, key: null, headers: {} },
  value: value === null ? null : Buffer.from(value),
});

describe('The mark of a record', () => {
  test('is the same for the same record, and another where its offset, its time or its value is another', () => {
    const mark = markOf(recordAt(7));
    expect(isSameMark(mark, markOf(recordAt(7)))).toBe(true);
    for (const other of [recordAt(8), recordAt(7, 'w'), recordAt(7, null), recordAt(7, 'v', 6)])
      expect(isSameMark(mark, markOf(other))).toBe(false);
  });
});

describe('The last records', () => {
  test('when none is folded, then the marks of what is committed stay; else the last one of each input counts', () => {
    const before = markOf(recordAt(3));
    const last = createLastRecords({ in: before, other: null });
    expect([last.markOf('in'), last.markOf('other'), last.markOf('unknown')]).toEqual([before, null, null]);
    last.saw(recordAt(4, 'a'));
    last.saw(recordAt(5, 'b'));
    expect(last.markOf('in')).toEqual(markOf(recordAt(5, 'b')));
    expect(last.markOf('in')).toEqual(markOf(recordAt(5, 'b')));
  });
});
