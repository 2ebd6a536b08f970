import { hash } from 'node:crypto';

/**
 * A cursor: where a page of a sorted list starts. It has the number of entries before it and a hash of the last of them,
 * which finds the place again after entries were added, or on a replica that knows more or fewer. As text it has at most 26
 * characters, however long the entries are.
 */
export type PagePlace = Readonly<{ count: number; mark: string }>;

const MARK_DIGITS = 16;
/** How far from its old index the entry is searched. If more entries were added or removed, the page starts by count. */
const MAX_DISTANCE = 1_000;

/** The place after the first `count` entries of a list; `count` is from 1 to its length. */
export const placeAfter = (list: readonly string[], count: number): PagePlace => ({
  count,
  mark: markOf(list[count - 1] ?? ''),
});

export const placeText = ({ count, mark }: PagePlace): string => `${count}-${mark}`;

/** The inverse of `placeText`; null for any other text. */
export function parsePlace(text: string): PagePlace | null {
  const [, count, mark] = /^([1-9]\d{0,8})-([0-9a-f]{16})$/.exec(text) ?? [];
  return count === undefined || mark === undefined ? null : { count: Number(count), mark };
}

/** The index of the first entry after the place. */
export function indexOfPlace(list: readonly string[], { count, mark }: PagePlace): number {
  for (let distance = 0; distance <= MAX_DISTANCE; distance += 1) {
    for (const after of [count + distance, count - distance]) {
      const last = list[after - 1];
      if (last !== undefined && markOf(last) === mark) return after;
    }
  }
  return Math.min(count, list.length);
}

const markOf = (entry: string): string => hash('sha256', entry, 'hex').slice(0, MARK_DIGITS);
