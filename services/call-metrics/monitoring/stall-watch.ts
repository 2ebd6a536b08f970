import { STUCK_AFTER_MS } from './readiness.ts';

/** Detects partitions that have waiting records and make no progress. */
export type StallWatch = Readonly<{
  /** The partition is running. Only the first call counts as progress, so that one that is restored again and again is detected. */
  started: (partition: number) => void;
  /** The partition committed, or no record waits in it. */
  progressed: (partition: number) => void;
  forget: (partition: number) => void;
  /** When it last made progress, by `now`; null if it never did. */
  progressedMs: (partition: number) => number | null;
  stalled: () => readonly number[];
}>;

/** `now` is a monotonic clock in milliseconds. */
export function createStallWatch(now: () => number): StallWatch {
  const progressedMs = new Map<number, number>();
  return {
    started: (partition) => {
      if (!progressedMs.has(partition)) progressedMs.set(partition, now());
    },
    progressed: (partition) => progressedMs.set(partition, now()),
    forget: (partition) => progressedMs.delete(partition),
    progressedMs: (partition) => progressedMs.get(partition) ?? null,
    stalled: () => [...progressedMs].flatMap(([partition, ms]) => (now() - ms > STUCK_AFTER_MS ? [partition] : [])),
  };
}
