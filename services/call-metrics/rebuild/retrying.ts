import { setTimeout } from 'node:timers/promises';

const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Tries again what may pass, after 1, 2, 4 … 15 s, six times in all; `onFailure` is told of each failure that is tried again. Anything else is thrown at once:
 * a missing right, another setting, or totals that would become smaller do not change by waiting.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  onFailure: (error: unknown) => void,
  wait: (ms: number) => Promise<unknown> = setTimeout,
): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count === ATTEMPTS || !mayPass(error)) throw error;
      onFailure(error);
      await wait(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (count - 1)));
    }
  }
}

/** kafkajs gives up a question with an error that is not retriable, around one that may be. */
function mayPass(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('retriable' in error)) return false;
  if (error.retriable === true) return true;
  return 'name' in error && error.name === 'KafkaJSNumberOfRetriesExceeded' && 'cause' in error && mayPass(error.cause);
}
