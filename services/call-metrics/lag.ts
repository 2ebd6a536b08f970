import type { Positions } from '../shared/projection/records.ts';

/** How far what is committed is behind. `seconds` is by log time: how old the last record committed is while others wait, else 0. */
export type Lag = Readonly<{ records: number; seconds: number }>;

/** Up to where a partition is committed, by topic. */
export type CommittedPart = Readonly<{
  positions: Positions;
  /** Log time of the newest record committed, Unix time in milliseconds; null where none is. */
  logTimesMs: Readonly<Record<string, number | null>>;
}>;

export type LagOfInput = Readonly<{ topic: string; partition: number; lag: Lag }>;

/** Follows the ends of the inputs, and holds what is committed against them. */
export type LagTracker = Readonly<{
  /** The log is this long now; a smaller end than an earlier one is an older answer. */
  sawEnd: (topic: string, partition: number, end: number) => void;
  /** Of these partitions, a lag for each topic. */
  lags: (committed: ReadonlyMap<number, CommittedPart>) => readonly LagOfInput[];
}>;

/** `now` gives Unix time in milliseconds. */
export function createLagTracker(now: () => number): LagTracker {
  const ends = new Map<string, number>();
  const startedMs = now();
  const place = (topic: string, partition: number): string => `${topic}/${partition}`;
  return {
    sawEnd: (topic, partition, end) => {
      const key = place(topic, partition);
      ends.set(key, Math.max(end, ends.get(key) ?? 0));
    },
    lags: (committed) =>
      [...committed].flatMap(([partition, { positions, logTimesMs }]) =>
        Object.entries(positions).map(([topic, position]) => {
          const records = Math.max(0, (ends.get(place(topic, partition)) ?? 0) - position);
          const sinceMs = logTimesMs[topic] ?? startedMs;
          return {
            topic,
            partition,
            lag: { records, seconds: records === 0 ? 0 : Math.max(0, now() - sinceMs) / 1000 },
          };
        }),
      ),
  };
}
