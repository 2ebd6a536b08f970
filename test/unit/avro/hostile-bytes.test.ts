import { describe, expect, test } from '@jest/globals';
import type { Schema } from 'avsc';
import { avroType } from '../../../services/shared/avro/avro-type.ts';
import { createResolver } from '../../../services/shared/avro/resolver.ts';

const record = (...fields: readonly (readonly [string, Schema])[]): Schema => ({
  type: 'record',
  name: 'R',
  fields: fields.map(([name, type]) => ({ name, type })),
});
const strings: Schema = { type: 'array', items: 'string' };
const map: Schema = { type: 'map', values: 'string' };
const nulls: Schema = { type: 'array', items: 'null' };

/** Avro's long. */
function long(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let left = (value << 1n) ^ (value >> 63n); ; left >>= 7n) {
    bytes.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0));
    if (left <= 0x7fn) return Buffer.from(bytes);
  }
}

const BILLION = 1_000_000_000n;
const VAST = 2n ** 52n;
const hostile: readonly (readonly [string, Buffer])[] = [
  ['a billion items that are not there', long(BILLION)],
  ['as many as a number can tell', long(VAST)],
  ['a billion in a block with a size', Buffer.concat([long(-BILLION), long(5n)])],
  ['a block of a negative size, which would lead back to itself', Buffer.concat([long(-2n), long(-3n)])],
  ['more items in all its blocks than there are bytes', Buffer.concat(Array(8).fill(long(20n)))],
];

describe.each(hostile)('Bytes that announce %s', (_what, bytes) => {
  test.each([
    ['an array', strings],
    ['an array of nothings', nulls],
    ['a map', map],
  ])('are told at once, where %s is read', (_of, schema) => {
    const type = avroType(record(['items', schema]));
    const startedMs = performance.now();
    expect(() => {
      if (type.decode(bytes, 0).offset !== bytes.length) throw new Error('Not read to its end');
    }).toThrow();
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  test.each([
    ['an array', strings],
    ['an array of nothings', nulls],
    ['a map', map],
  ])('are told at once, where %s is skipped', (_of, schema) => {
    const reader = avroType(record());
    const writer = avroType(record(['items', schema]));
    const startedMs = performance.now();
    expect(() => {
      const { offset } = reader.decode(bytes, 0, createResolver(reader, writer));
      if (offset !== bytes.length) throw new Error('Not read to its end');
    }).toThrow();
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

test('Arrays and maps that are whole are read and skipped, in one block or in several, with sizes or without', () => {
  const writer = avroType(record(['before', strings], ['items', strings], ['values', map], ['last', 'string']));
  const value = { before: ['x'], items: ['a', 'b', 'c'], values: { k: 'v', l: 'w' }, last: 'end' };
  const bytes = writer.toBuffer(value);
  expect(writer.decode(bytes, 0).offset).toBe(bytes.length);
  expect({ ...writer.fromBuffer(bytes) }).toEqual(value);
  const reader = avroType(record(['items', strings], ['last', 'string']));
  expect({ ...reader.fromBuffer(bytes, createResolver(reader, writer)) }).toEqual({
    items: ['a', 'b', 'c'],
    last: 'end',
  });

  const word = (text: string) => Buffer.concat([long(BigInt(text.length)), Buffer.from(text)]);
  const blocks = Buffer.concat([long(1n), word('a'), long(-2n), long(4n), word('b'), word('c'), long(0n), word('end')]);
  expect({ ...reader.fromBuffer(blocks) }).toEqual({ items: ['a', 'b', 'c'], last: 'end' });
  const short = avroType(record(['last', 'string']));
  expect({ ...short.fromBuffer(blocks, createResolver(short, reader)) }).toEqual({ last: 'end' });
});
