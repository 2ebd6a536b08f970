import { describe, expect, test } from '@jest/globals';
import { createByteCollector } from '../../../../services/ingress/http/byte-collector.ts';

describe('When a body arrives', () => {
  test('in one piece, then that piece is the body, without a copy', () => {
    const piece = Buffer.from('{"a":1}');
    const collected = createByteCollector(piece.length);
    collected.add(piece);
    expect(collected.bytes()).toBe(piece);
  });

  test.each([0, 3, 10, 11, 1_000])(
    'in many pieces, with %i bytes expected, then it has all of them in order, in memory of its own',
    (expected) => {
      const collected = createByteCollector(expected);
      const pieces = Array.from({ length: 11 }, (_, index) => Buffer.from(String.fromCharCode(97 + index)));
      for (const piece of pieces) collected.add(piece);
      expect(collected.length()).toBe(11);
      expect(collected.bytes().toString()).toBe('abcdefghijk');
      expect(pieces[0]?.toString()).toBe('a');
    },
  );

  test('without any piece, then it is empty', () => {
    expect(createByteCollector(0).bytes()).toHaveLength(0);
  });
});
