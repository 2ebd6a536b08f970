/** Wraps `commit` to report how many seconds it took when it succeeds. */
export const timed =
  <Arguments extends readonly unknown[]>(
    commit: (...given: Arguments) => Promise<void>,
    onSuccess: (seconds: number) => void,
  ) =>
  async (...given: Arguments): Promise<void> => {
    const startedMs = performance.now();
    await commit(...given);
    onSuccess((performance.now() - startedMs) / 1000);
  };
