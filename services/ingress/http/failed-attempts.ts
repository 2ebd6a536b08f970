/** How many addresses are remembered; beyond it, the one whose minute began first is forgotten. */
export const MAX_ADDRESSES = 10_000;

export const WINDOW_MS = 60_000;

/** Counts a failure of `address` at `nowMs` (monotonic); gives how many it has in the minute that began with its first. */
export type FailedAttempts = (address: string, nowMs: number) => number;

/** Failures by address, each over a minute of its own, in bounded memory. */
export function createFailedAttempts(maxAddresses = MAX_ADDRESSES): FailedAttempts {
  // In the order in which their minutes began.
  const windows = new Map<string, { startedMs: number; failures: number }>();
  return (address, nowMs) => {
    const known = windows.get(address);
    if (known !== undefined && nowMs - known.startedMs < WINDOW_MS) {
      known.failures += 1;
      return known.failures;
    }
    windows.delete(address);
    const [oldest] = windows.keys();
    if (windows.size >= maxAddresses && oldest !== undefined) windows.delete(oldest);
    windows.set(address, { startedMs: nowMs, failures: 1 });
    return 1;
  };
}
