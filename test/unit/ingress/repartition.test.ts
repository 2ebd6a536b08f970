import { describe, expect, test } from '@jest/globals';
import { type CopiedUpTo, copyOf, noteCopy } from '../../../services/ingress/repartition/copied-from.ts';

const record = {
  topic: 'vxt.call-logs',
  partition: 7,
  offset: 41,
  timestampMs: 1,
  key: Buffer.from('u-1'),
  value: Buffer.from([0, 1, 255]),
  headers: { ce_id: Buffer.from('callLog/1') },
};

describe('A copy of an event', () => {
  test('goes to the partition of its key, with its bytes and headers, and where its original is', () => {
    expect(copyOf(record, 'vxt2.call-logs', 24, () => 19)).toEqual({
      topic: 'vxt2.call-logs',
      partition: 19,
      key: record.key,
      value: record.value,
      headers: { ce_id: Buffer.from('callLog/1'), 'copied-from': 'vxt.call-logs/7/41' },
    });
  });

  test('without a key goes to a partition that is there', () => {
    expect(copyOf({ ...record, key: null }, 'vxt2.call-logs', 4, () => 19)).toMatchObject({ partition: 3, key: null });
  });

  test('tells a later run where to go on; a header of another tool tells nothing', () => {
    const copied: CopiedUpTo = new Map();
    for (const header of [
      'a/b.calls/7/41',
      'a/b.calls/7/40',
      'a/b.calls/8/0',
      undefined,
      '',
      'calls',
      'calls/1',
      'x/1/2/',
    ])
      noteCopy(copied, header);
    expect([...copied]).toEqual([
      ['a/b.calls/7', 42],
      ['a/b.calls/8', 1],
    ]);
  });
});
