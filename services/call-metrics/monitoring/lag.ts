import type { Positions } from '../../shared/projection/records.ts';

/** How far the committed position is behind the log. `seconds` is the age of the last committed record by log time while others wait, otherwise 0. */
export type Lag = Readonly<{ records: number; seconds: number }>;

/** How far a partition is committed, by topic. */
export type CommittedProgress = Readonly<{
  positions: Positions;
  /** Log time of the newest committed record, Unix time in milliseconds; null if there is none. */
  logTimesMs: Readonly<Record<string, number | null>>;
}>;

export type InputLag = Readonly<{ topic: string; partition: number; lag: Lag }>;

/** Tracks the ends of the inputs and compares committed positions with them. */
export type LagTracker = Readonly<{
  /** The log now ends here. An end below an earlier one is a late answer and is ignored. */
  observeEnd: (topic: string, partition: number, end: number) => void;
  /** One lag per partition and topic. */
  lags: (committed: ReadonlyMap<number, CommittedProgress>) => readonly InputLag[];
}>;

/** `now` returns Unix time in milliseconds. */
export function createLagTracker(now: () => number): LagTracker {
  const ends = new Map<string, number>();
  const startedMs = now();
  const place = (topic: string, partition: number): string => `${topic}/${partition}`;
  return {
    observeEnd: (topic, partition, end) => {
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
