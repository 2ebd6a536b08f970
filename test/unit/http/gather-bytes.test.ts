import { describe, expect, test } from '@jest/globals';
import { gatherBytes } from '../../../services/shared/http/gather-bytes.ts';

describe('When a body comes', () => {
  test('in one piece, then that piece is the body, without a copy', () => {
    const piece = Buffer.from('{"a":1}');
    const gathered = gatherBytes(piece.length);
    gathered.add(piece);
    expect(gathered.bytes()).toBe(piece);
  });

  test.each([0, 3, 10, 11, 1_000])(
    'in many, with %i bytes expected, then all are there in order, in memory of their own size',
    (expected) => {
      const gathered = gatherBytes(expected);
      const pieces = Array.from({ length: 11 }, (_, index) => Buffer.from(String.fromCharCode(97 + index)));
      for (const piece of pieces) gathered.add(piece);
      expect(gathered.length()).toBe(11);
      expect(gathered.bytes().toString()).toBe('abcdefghijk');
      expect(pieces[0]?.toString()).toBe('a');
    },
  );

  test('not at all, then it is empty', () => {
    expect(gatherBytes(0).bytes()).toHaveLength(0);
  });
});
