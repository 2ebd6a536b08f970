import { hash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deadLetter } from '../../../services/call-metrics/dead-letter.ts';
import { recordBytes } from '../../../services/shared/projection/record-bytes.ts';
import type { SourceRecord } from '../../../services/shared/projection/records.ts';

const record = (more: Partial<SourceRecord> = {}): SourceRecord => ({
  topic: 't.call-logs',
  partition: 3,
  offset: 17,
  timestampMs: 1_763_700_000_000,
  key: Buffer.from('u-1'),
  value: Buffer.from('value'),
  headers: {},
  ...more,
});
const letter = (more: Partial<SourceRecord>, maxBytes = 4_000_000) =>
  deadLetter(record(more), 't.dead-letters', 'corrupt-avro', maxBytes);
const place = { topic: 't.call-logs', partition: '3', offset: '17', reason: 'corrupt-avro' };

describe('A dead letter', () => {
  test('holds the record as it came, and where it was', () => {
    const headers = { ce_id: Buffer.from('x'), twice: [Buffer.from('1'), Buffer.from('2')] };
    expect(letter({ headers })).toEqual({
      topic: 't.dead-letters',
      key: Buffer.from('u-1'),
      value: Buffer.from('value'),
      headers: { ...headers, ...place },
    });
  });

  test('names the headers whose value is null, as kafkajs cannot write them, and keeps the others', () => {
    const headers = { gone: null, some: [Buffer.from('1'), null], kept: Buffer.from('k') };
    expect(letter({ headers }).headers).toEqual({
      some: Buffer.from('1'),
      kept: Buffer.from('k'),
      'null-headers': '["gone","some"]',
      ...place,
    });
  });

  test('keeps the record’s own headers of the names it uses itself', () => {
    const headers = { reason: Buffer.from('theirs'), offset: 'theirs too', ['__proto__']: 'p', constructor: 'c' };
    expect(Object.entries(letter({ headers }).headers ?? {})).toEqual(
      expect.arrayContaining([
        ['record-reason', Buffer.from('theirs')],
        ['record-offset', 'theirs too'],
        ['constructor', 'c'],
        ['reason', 'corrupt-avro'],
        ['offset', '17'],
      ]),
    );
  });

  test('shares no memory with what was fetched', () => {
    const fetched = Buffer.from('key value header');
    const { key, value, headers } = letter({
      key: fetched.subarray(0, 3),
      value: fetched.subarray(4, 9),
      headers: { h: fetched.subarray(10) },
    });
    fetched.fill(0);
    expect([String(key), String(value), String(headers?.h)]).toEqual(['key', 'value', 'header']);
  });

  test('stands for all records of a batch that cannot be read, with its first and its last offset', () => {
    const unreadable = { firstOffset: 8, records: 10, problem: 'broken' };
    expect(letter({ unreadable }).headers).toEqual({ ...place, offset: '8', 'last-offset': '17', records: '10' });
  });
});

describe('A record that is too large for the dead letters is told by place, reason and hash:', () => {
  const value = Buffer.alloc(6_000_000, 7);
  const told = { ...place, 'value-bytes': '6000000', 'value-sha256': hash('sha256', value) };
  const empty = { topic: 't.dead-letters', value: Buffer.alloc(0) };

  test('because of its value', () => {
    expect(letter({ value })).toEqual({ ...empty, key: Buffer.from('u-1'), headers: told });
  });

  test('because of its headers, which are left out', () => {
    const headers = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`header-${index}`, null]));
    const hashed = { 'value-bytes': '5', 'value-sha256': hash('sha256', 'value') };
    expect(letter({ headers }, 1_000_000)).toEqual({
      ...empty,
      key: Buffer.from('u-1'),
      headers: { ...place, ...hashed },
    });
  });

  test('because of its key, which is hashed', () => {
    const key = Buffer.alloc(2_000_000, 'k');
    expect(letter({ key, value }, 1_000_000)).toEqual({
      ...empty,
      key: null,
      headers: { ...told, 'key-bytes': '2000000', 'key-sha256': hash('sha256', key) },
    });
  });

  test('whatever it is, it fits', () => {
    const bytes = fc.nat({ max: 20_000 }).map((length) => Buffer.alloc(length, 1));
    const headers = fc.dictionary(fc.string({ maxLength: 50 }), fc.option(bytes, { nil: null }), { maxKeys: 5 });
    fc.assert(
      fc.property(
        fc.option(bytes, { nil: null }),
        fc.option(bytes, { nil: null }),
        headers,
        fc.integer({ min: 2_500, max: 30_000 }),
        (key, value, headers, maxBytes) => {
          expect(recordBytes(letter({ key, value, headers }, maxBytes))).toBeLessThan(maxBytes - 61);
        },
      ),
    );
  });
});
