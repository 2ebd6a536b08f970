import { STUCK_AFTER_MS } from './readiness.ts';

/** Tells which partitions have records that wait, and no progress. */
export type StallWatch = Readonly<{
  /** The partition runs: it has progressed now if it never has. One that is restored again and again is not followed anew each time. */
  began: (partition: number) => void;
  /** The partition committed, or nothing waits in it. */
  progressed: (partition: number) => void;
  forget: (partition: number) => void;
  /** When it last progressed; null where it never has. */
  progressedMs: (partition: number) => number | null;
  stalled: () => readonly number[];
}>;

/** `now` is a clock that never goes back, in milliseconds. */
export function createStallWatch(now: () => number): StallWatch {
  const progressedMs = new Map<number, number>();
  return {
    began: (partition) => {
      if (!progressedMs.has(partition)) progressedMs.set(partition, now());
    },
    progressed: (partition) => progressedMs.set(partition, now()),
    forget: (partition) => progressedMs.delete(partition),
    progressedMs: (partition) => progressedMs.get(partition) ?? null,
    stalled: () => [...progressedMs].flatMap(([partition, ms]) => (now() - ms > STUCK_AFTER_MS ? [partition] : [])),
  };
}
