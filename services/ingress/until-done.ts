import { setTimeout } from 'node:timers/promises';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** Does `work` again in the background, after pauses that double up to 15 s, until it succeeds or is stopped by what this returns. */
export function untilDone(work: () => Promise<void>, onFailed: (error: unknown) => void): () => void {
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    for (let pauseMs = FIRST_PAUSE_MS; !stopping.signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await work();
        return;
      } catch (error) {
        if (!stopping.signal.aborted) onFailed(error);
      }
      await setTimeout(pauseMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  };
  void run();
  return () => stopping.abort();
}
