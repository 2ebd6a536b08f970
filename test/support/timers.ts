import type { RunLater } from '../../services/shared/lifecycle/run-later.ts';

/** Timers that run when a test says that time passes. */
export type Timers = Readonly<{
  later: RunLater;
  /** Milliseconds since the beginning. */
  nowMs: () => number;
  /** Lets so many milliseconds pass; what falls due in them runs in its order. */
  pass: (milliseconds: number) => void;
  /** Lets so many milliseconds pass in which nothing runs; what fell due in them runs late, after them. */
  standStill: (milliseconds: number) => void;
  /** How many are to run yet. */
  waiting: () => number;
}>;

export function createTimers(): Timers {
  const due = new Set<Readonly<{ atMs: number; work: () => void }>>();
  let now = 0;
  const pass = (milliseconds: number): void => {
    const end = now + milliseconds;
    for (;;) {
      const [next] = [...due].filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      now = Math.max(now, next.atMs);
      due.delete(next);
      next.work();
    }
    now = end;
  };
  return {
    later: (work, delayMs) => {
      const one = { atMs: now + delayMs, work };
      due.add(one);
      return () => due.delete(one);
    },
    nowMs: () => now,
    pass,
    standStill: (milliseconds) => {
      now += milliseconds;
      pass(0);
    },
    waiting: () => due.size,
  };
}
