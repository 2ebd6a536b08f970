/** Runs `work` once, after `delayMs` by a monotonic clock, without keeping the process alive. Calls it off by what it returns. */
export type RunLater = (work: () => void, delayMs: number) => () => void;

/** On Node's timers, which go by a monotonic clock. */
export const runLater: RunLater = (work, delayMs) => {
  const timer = setTimeout(work, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};
