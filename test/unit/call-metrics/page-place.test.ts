import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { indexOfPlace, parsePlace, placeAfter, placeText } from '../../../services/call-metrics/page-place.ts';

const uid = fc.string({ unit: 'binary', maxLength: 6 });

/** One page, as a client that only has the text of its place asks for it. */
function pageOf(list: readonly string[], limit: number, after: string | null) {
  const place = after === null ? null : parsePlace(after);
  const start = place === null ? 0 : indexOfPlace(list, place);
  const end = start + limit;
  return { page: list.slice(start, end), next: end < list.length ? placeText(placeAfter(list, end)) : null };
}

describe('The place of a page', () => {
  test('is short, however long the uids are, and its text says the same place', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ maxLength: 2_000 }), { minLength: 1, maxLength: 5 }), (list) => {
        const place = placeAfter(list, list.length);
        expect(placeText(place).length).toBeLessThanOrEqual(26);
        expect(parsePlace(placeText(place))).toEqual(place);
      }),
    );
  });

  test.each([
    '',
    'u-1',
    '0-0123456789abcdef',
    '1-0123',
    '1-0123456789ABCDEF',
    '-1-0123456789abcdef',
    '1234567890-0123456789abcdef',
  ])('is not said by %j', (text) => {
    expect(parsePlace(text)).toBeNull();
  });

  test('when users come between two pages, or a replica knows only some of them, then each of the others is listed once', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(uid, { maxLength: 30 }),
        fc.uniqueArray(uid, { maxLength: 20 }),
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.nat(20), { maxLength: 40 }),
        (old, newcomers, limit, coming) => {
          const known = [...old];
          const listed: string[] = [];
          let after: string | null = null;
          for (let turn = 0; turn === 0 || after !== null; turn += 1) {
            const here = newcomers.slice(0, coming[turn] ?? 0);
            const { page, next }: ReturnType<typeof pageOf> = pageOf(
              [...new Set([...known, ...here])].sort(),
              limit,
              after,
            );
            listed.push(...page);
            after = next;
            // The last one of a page is known to whoever is asked next: else the page begins by count.
            const last = page.at(-1);
            if (last !== undefined && !known.includes(last)) known.push(last);
          }
          expect(listed).toEqual(expect.arrayContaining(known));
          expect(new Set(listed).size).toBe(listed.length);
        },
      ),
    );
  });

  test('when the last one of the page before is gone, then the next begins by count', () => {
    expect(pageOf(['a', 'c', 'd'], 2, placeText(placeAfter(['a', 'b', 'c', 'd'], 2))).page).toEqual(['d']);
    expect(pageOf([], 2, placeText(placeAfter(['a', 'b'], 2))).page).toEqual([]);
  });
});
