import type { RunLater } from '../../services/shared/observability/summarise.ts';

/** Timers that run when a test says that time passes. */
export type Timers = Readonly<{
  later: RunLater;
  /** Milliseconds since the beginning. */
  nowMs: () => number;
  /** Lets so many milliseconds pass; what falls due in them runs in its order. */
  pass: (milliseconds: number) => void;
  /** How many are to run yet. */
  waiting: () => number;
}>;

export function createTimers(): Timers {
  const due = new Set<Readonly<{ atMs: number; work: () => void }>>();
  let now = 0;
  return {
    later: (work, delayMs) => {
      const one = { atMs: now + delayMs, work };
      due.add(one);
      return () => due.delete(one);
    },
    nowMs: () => now,
    pass: (milliseconds) => {
      const end = now + milliseconds;
      for (;;) {
        const [next] = [...due].filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs);
        if (next === undefined) break;
        now = next.atMs;
        due.delete(next);
        next.work();
      }
      now = end;
    },
    waiting: () => due.size,
  };
}
