/**
 * Upper bounds of the histogram buckets in milliseconds, inclusive; one more bucket holds what is longer. They are
 * part of the projection's fingerprint: changing them needs a rebuild.
 */
export const answerBoundsMs: readonly number[] = [1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 90, 120].map(
  (seconds) => seconds * 1000,
);

/** From a wrong number to a consultation of an hour. */
export const talkBoundsMs: readonly number[] = [10, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600].map(
  (seconds) => seconds * 1000,
);

/** The bucket a value falls into: the first whose bound is not below it, or the one past the last bound. */
export function bucketOf(boundsMs: readonly number[], valueMs: number): number {
  const index = boundsMs.findIndex((bound) => valueMs <= bound);
  return index === -1 ? boundsMs.length : index;
}
