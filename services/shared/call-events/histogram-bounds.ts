/**
 * Inclusive upper bounds of the histogram buckets, in milliseconds. One more bucket holds everything longer. The bounds are part of the projection's fingerprint,
 * so changing them needs a rebuild.
 */
export const answerBoundsMs: readonly number[] = [1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 90, 120].map(
  (seconds) => seconds * 1000,
);

/** In milliseconds, from a wrong number to an hour's consultation. */
export const talkBoundsMs: readonly number[] = [10, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600].map(
  (seconds) => seconds * 1000,
);

/** The index of the bucket for a value: the first whose bound is not below it, or the one past the last bound. */
export function bucketOf(boundsMs: readonly number[], valueMs: number): number {
  const index = boundsMs.findIndex((bound) => valueMs <= bound);
  return index === -1 ? boundsMs.length : index;
}
