/** Runs `work` again and again, each time `everyMs` after it last ended. Does not keep the process alive. */
export function repeat(everyMs: number, work: () => Promise<unknown>): Readonly<{ stop: () => void }> {
  let timer: NodeJS.Timeout;
  let stopped = false;
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(() => void work().then(next), everyMs);
    timer.unref();
  };
  next();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
