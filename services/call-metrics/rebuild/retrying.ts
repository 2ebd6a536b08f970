import { setTimeout } from 'node:timers/promises';

const MAX_ATTEMPTS = 6;
const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 15_000;

/**
 * Retries errors that may be transient, after 1, 2, 4, 8 and 15 s; `onFailure` is called with each error that is retried.
 * Any other error is thrown at once: waiting does not help against a missing permission, a changed setting or totals that
 * would become smaller.
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
      if (count === MAX_ATTEMPTS || !isTransient(error)) throw error;
      onFailure(error);
      await wait(Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** (count - 1)));
    }
  }
}

/** When kafkajs gives up on a request, it wraps an error that may be retriable in one that is not. */
function isTransient(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('retriable' in error)) return false;
  if (error.retriable === true) return true;
  return (
    'name' in error && error.name === 'KafkaJSNumberOfRetriesExceeded' && 'cause' in error && isTransient(error.cause)
  );
}
