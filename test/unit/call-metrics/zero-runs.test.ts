import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { squeeze, unsqueeze } from '../../../services/call-metrics/zero-runs.ts';

const bytes = fc
  .array(
    fc.oneof(
      fc.constant([0]),
      fc.nat(600).map((run) => new Array<number>(run).fill(0)),
      fc.array(fc.nat(255)),
    ),
  )
  .map((parts) => Buffer.from(parts.flat()));

test('When bytes are squeezed, then they come out as they were', () => {
  fc.assert(fc.property(bytes, (given) => expect(unsqueeze(squeeze(given)).equals(given)).toBe(true)));
});

test('When two are squeezed, then they are equal where their bytes are', () => {
  fc.assert(fc.property(bytes, bytes, (one, other) => (squeeze(one) === squeeze(other)) === one.equals(other)));
});

test('When a row is mostly zeros, then it takes a few characters', () => {
  expect(squeeze(Buffer.alloc(255))).toHaveLength(2);
  expect(squeeze(Buffer.concat([Buffer.alloc(300), Buffer.from('a')]))).toHaveLength(5);
});
