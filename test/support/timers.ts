import type { RunLater } from '../../services/shared/lifecycle/run-later.ts';

/** Timers that run only when the test lets time pass. */
export type Timers = Readonly<{
  later: RunLater;
  /** Milliseconds since the beginning. */
  nowMs: () => number;
  /** Lets this many milliseconds pass. Timers that fall due run in order. */
  pass: (milliseconds: number) => void;
  /** Lets this many milliseconds pass without running anything. Timers that fell due run late, afterwards. */
  standStill: (milliseconds: number) => void;
  /** How many timers are pending. */
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
