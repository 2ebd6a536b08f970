import type { Positions } from '../shared/projection/records.ts';

/** How far a task is behind. `seconds` is by log time: how old the last record it folded is while others wait, else 0. */
export type Lag = Readonly<{ records: number; seconds: number }>;

/** Follows how far the tasks of this replica are behind the ends of their partitions. */
export type LagTracker = Readonly<{
  /** A record of this log time was folded; the partition's log was this long. */
  read: (topic: string, partition: number, timestampMs: number, end: number) => void;
  /** The log is this long now. */
  sawEnd: (topic: string, partition: number, end: number) => void;
  forget: (partition: number) => void;
  lags: (
    positions: ReadonlyMap<number, Positions>,
  ) => readonly Readonly<{ topic: string; partition: number; lag: Lag }>[];
}>;

/** `now` gives Unix time in milliseconds. */
export function createLagTracker(now: () => number): LagTracker {
  const ends = new Map<string, number>();
  const lastRead = new Map<string, { partition: number; timestampMs: number }>();
  const startedMs = now();
  const place = (topic: string, partition: number): string => `${topic}/${partition}`;
  const sawEnd = (topic: string, partition: number, end: number): void => {
    const key = place(topic, partition);
    ends.set(key, Math.max(end, ends.get(key) ?? 0));
  };
  return {
    sawEnd,
    read: (topic, partition, timestampMs, end) => {
      sawEnd(topic, partition, end);
      lastRead.set(place(topic, partition), { partition, timestampMs });
    },
    forget: (partition) => {
      for (const [key, read] of lastRead) if (read.partition === partition) lastRead.delete(key);
    },
    lags: (positions) =>
      [...positions].flatMap(([partition, ofTopics]) =>
        Object.entries(ofTopics).map(([topic, position]) => {
          const key = place(topic, partition);
          const records = Math.max(0, (ends.get(key) ?? 0) - position);
          const sinceMs = lastRead.get(key)?.timestampMs ?? startedMs;
          return {
            topic,
            partition,
            lag: { records, seconds: records === 0 ? 0 : Math.max(0, now() - sinceMs) / 1000 },
          };
        }),
      ),
  };
}
