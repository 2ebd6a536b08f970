/** One sample of a counter or gauge at one moment. */
export type Sample = Readonly<{ labels: Readonly<Record<string, string>>; value: number }>;

/** A histogram at one moment. `counts` are per bucket, not cumulative; there is one more of them than of `bounds`. */
export type HistogramSample = Readonly<{
  labels: Readonly<Record<string, string>>;
  bounds: readonly number[];
  counts: readonly number[];
  sum: number;
}>;
