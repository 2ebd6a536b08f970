/** Attempts to write to the disk, one at a time, and how they are going. */
export type DiskAttempts = Readonly<{
  /** Never rejects: a failure is reported to `onFailed`. */
  run: (work: () => Promise<void>) => Promise<void>;
  /** How long the current attempt has taken so far, in milliseconds; 0 if there is none. */
  busyMs: () => number;
  /** Whether the last attempt failed. */
  isFailing: () => boolean;
}>;

export function createDiskAttempts(now: () => number, onFailed: (error: unknown) => void): DiskAttempts {
  let startedMs: number | null = null;
  let failing = false;
  return {
    run: async (work) => {
      startedMs = now();
      try {
        await work();
        failing = false;
      } catch (error) {
        failing = true;
        onFailed(error);
      } finally {
        startedMs = null;
      }
    },
    busyMs: () => (startedMs === null ? 0 : now() - startedMs),
    isFailing: () => failing,
  };
}
