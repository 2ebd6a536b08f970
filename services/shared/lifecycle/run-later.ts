/** Runs `work` once, after `delayMs` of a monotonic clock, without keeping the process alive. Returns a function that cancels it. */
export type RunLater = (work: () => void, delayMs: number) => () => void;

/** Uses Node's timers, which run on a monotonic clock. */
export const runLater: RunLater = (work, delayMs) => {
  const timer = setTimeout(work, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};
