import type { SlotStatus } from '../../shared/kafka/projection/task-slot.ts';
import type { CommittedProgress, InputLag, LagTracker } from './lag.ts';
import type { StallWatch } from './stall-watch.ts';

/** The progress of this replica's partitions by what is committed: what is only folded may still be lost. */
export type Progress = Readonly<{
  /** The lags of all partitions of this replica, including those that are not running. */
  lags: () => readonly InputLag[];
  /** By partition, seconds since its last commit (or since it started or stopped, if it never committed) while records wait; 0 if none waits. */
  waitingSeconds: () => ReadonlyMap<number, number>;
  /** Call it every few seconds: it keeps partitions without waiting records from counting as stalled. */
  refresh: () => void;
}>;

type Sources = Readonly<{
  lag: Pick<LagTracker, 'lags'>;
  stalls: Pick<StallWatch, 'progressed' | 'progressedMs'>;
  slots: () => readonly SlotStatus[];
  committedProgress: (partition: number) => CommittedProgress;
  /** The monotonic clock of the slots and of `stalls`, in milliseconds. */
  now: () => number;
}>;

export function createProgress({ lag, stalls, slots, committedProgress, now }: Sources): Progress {
  const lags = () => lag.lags(new Map(slots().map(({ partition }) => [partition, committedProgress(partition)])));
  const partitionsBehind = (): ReadonlySet<number> =>
    new Set(lags().flatMap(({ partition, lag: { records } }) => (records > 0 ? [partition] : [])));
  return {
    lags,
    waitingSeconds: () => {
      const waiting = partitionsBehind();
      return new Map(
        slots().map(({ partition, sinceMs }) => {
          const ms = waiting.has(partition) ? now() - (stalls.progressedMs(partition) ?? sinceMs) : 0;
          return [partition, ms / 1000];
        }),
      );
    },
    refresh: () => {
      const waiting = partitionsBehind();
      for (const { partition } of slots()) if (!waiting.has(partition)) stalls.progressed(partition);
    },
  };
}
