import { expect, test } from '@jest/globals';
import { createFailedAttempts, WINDOW_MS } from '../../../../services/ingress/http/failed-attempts.ts';

test('When an address fails again and again, then its failures are counted over the minute that its first began', () => {
  const failed = createFailedAttempts();
  expect([failed('a', 0), failed('a', 1_000), failed('a', WINDOW_MS - 1)]).toEqual([1, 2, 3]);
  expect([failed('a', WINDOW_MS), failed('a', WINDOW_MS + 1)]).toEqual([1, 2]);
});

test('When another address fails, then it has a count of its own', () => {
  const failed = createFailedAttempts();
  failed('a', 0);
  expect(failed('b', 0)).toBe(1);
});

test('When ever new addresses fail, then only so many are remembered, and the one that began first is forgotten', () => {
  const failed = createFailedAttempts(3);
  for (const address of ['a', 'b', 'c', 'd']) failed(address, 0);
  expect(['b', 'c', 'd'].map((address) => failed(address, 1))).toEqual([2, 2, 2]);
  expect(failed('a', 1)).toBe(1);
});

test('When an address that was there first begins a new minute, then it is no longer the first to be forgotten', () => {
  const failed = createFailedAttempts(2);
  failed('a', 0);
  failed('b', 1);
  failed('a', WINDOW_MS);
  failed('c', WINDOW_MS);
  expect(failed('a', WINDOW_MS)).toBe(2);
});
