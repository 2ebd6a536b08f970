import { hash } from 'node:crypto';

/**
 * Where a page of a sorted list begins: how many stood before it, and a mark of the last of these, by which it is found again where others came meanwhile, or
 * where another replica knows some more or fewer. As text it has at most 26 characters, however long what is listed.
 */
export type PagePlace = Readonly<{ count: number; mark: string }>;

const MARK_DIGITS = 16;
/** How far from its old place the last one is looked for. Where more came or went meanwhile, the page begins by count. */
const SEARCHED = 1_000;

/** The place behind the first `count` of a list; `count` is from 1 to its length. */
export const placeAfter = (list: readonly string[], count: number): PagePlace => ({
  count,
  mark: markOf(list[count - 1] ?? ''),
});

export const placeText = ({ count, mark }: PagePlace): string => `${count}-${mark}`;

/** The place that a text says; null for one that says none. */
export function parsePlace(text: string): PagePlace | null {
  const [, count, mark] = /^([1-9]\d{0,8})-([0-9a-f]{16})$/.exec(text) ?? [];
  return count === undefined || mark === undefined ? null : { count: Number(count), mark };
}

/** Index of the first that stands behind the place. */
export function indexOfPlace(list: readonly string[], { count, mark }: PagePlace): number {
  for (let distance = 0; distance <= SEARCHED; distance += 1) {
    for (const after of [count + distance, count - distance]) {
      const last = list[after - 1];
      if (last !== undefined && markOf(last) === mark) return after;
    }
  }
  return Math.min(count, list.length);
}

const markOf = (entry: string): string => hash('sha256', entry, 'hex').slice(0, MARK_DIGITS);
