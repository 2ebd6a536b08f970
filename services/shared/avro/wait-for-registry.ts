import { setTimeout } from 'node:timers/promises';
import { errorFields, type Logger } from '../observability/logger.ts';
import { summaryOf } from '../observability/summarise.ts';
import { RegistryError } from './registry.ts';

const LONGEST_PAUSE_MS = 5_000;

/** Does `work` again while the schema registry is away, for as long as it takes; throws anything else. */
export async function waitForRegistry<T>(logger: Logger, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RegistryError && error.retriable)) throw error;
      summaryOf(logger).warn('schema-registry-awaited', '', { attempt, ...errorFields(error) });
      await setTimeout(Math.min(LONGEST_PAUSE_MS, 200 * attempt));
    }
  }
}
