/** One sample of a counter or gauge at one moment. */
export type Sample = Readonly<{ labels: Readonly<Record<string, string>>; value: number }>;

/** A histogram at one moment: `counts` per bucket (not cumulative), one more than `bounds`. */
export type HistogramSample = Readonly<{
  labels: Readonly<Record<string, string>>;
  bounds: readonly number[];
  counts: readonly number[];
  sum: number;
}>;
