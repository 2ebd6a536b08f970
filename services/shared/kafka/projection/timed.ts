/** `commit`, which also tells how many seconds it took when it succeeds. */
export const timed =
  <Arguments extends readonly unknown[]>(
    commit: (...given: Arguments) => Promise<void>,
    took: (seconds: number) => void,
  ) =>
  async (...given: Arguments): Promise<void> => {
    const startedMs = performance.now();
    await commit(...given);
    took((performance.now() - startedMs) / 1000);
  };
