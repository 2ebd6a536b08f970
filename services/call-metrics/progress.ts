import type { SlotStatus } from '../shared/kafka/projection/task-slot.ts';
import type { CommittedPart, LagOfInput, LagTracker } from './lag.ts';
import type { StallWatch } from './stall-watch.ts';

/** How the partitions of this replica get on, by what is committed: what is only folded may still be lost. */
export type Progress = Readonly<{
  /** Of every partition this replica has: one that does not run falls behind all the same. */
  lags: () => readonly LagOfInput[];
  /** By partition, seconds since it last committed (or began, or stopped, where it never has) while records wait in it; 0 where none does. */
  waitingSeconds: () => ReadonlyMap<number, number>;
  /** Call it every few seconds: a partition in which nothing waits is not stalled. */
  look: () => void;
}>;

type Sources = Readonly<{
  lag: Pick<LagTracker, 'lags'>;
  stalls: Pick<StallWatch, 'progressed' | 'progressedMs'>;
  slots: () => readonly SlotStatus[];
  committedPart: (partition: number) => CommittedPart;
  /** A clock that never goes back, in milliseconds: that of the slots and of `stalls`. */
  now: () => number;
}>;

export function createProgress({ lag, stalls, slots, committedPart, now }: Sources): Progress {
  const lags = () => lag.lags(new Map(slots().map(({ partition }) => [partition, committedPart(partition)])));
  const behind = (): ReadonlySet<number> =>
    new Set(lags().flatMap(({ partition, lag: { records } }) => (records > 0 ? [partition] : [])));
  return {
    lags,
    waitingSeconds: () => {
      const waiting = behind();
      return new Map(
        slots().map(({ partition, sinceMs }) => {
          const ms = waiting.has(partition) ? now() - (stalls.progressedMs(partition) ?? sinceMs) : 0;
          return [partition, ms / 1000];
        }),
      );
    },
    look: () => {
      const waiting = behind();
      for (const { partition } of slots()) if (!waiting.has(partition)) stalls.progressed(partition);
    },
  };
}
