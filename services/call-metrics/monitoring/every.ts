import { errorFields, type Logger } from '../../shared/observability/logger.ts';
import { summaryOf } from '../../shared/observability/summarise.ts';

/**
 * Runs `work` at an interval, never twice at once. A failure is logged as event `failure`, and the next run tries again.
 */
export function every(ms: number, logger: Logger, failure: string, work: () => Promise<void>): NodeJS.Timeout {
  let busy = false;
  return setInterval(() => {
    if (busy) return;
    busy = true;
    void work()
      .catch((error: unknown) => {
        const fields = errorFields(error);
        summaryOf(logger).warn(failure, String(fields.errorType), fields);
      })
      .finally(() => {
        busy = false;
      });
  }, ms);
}
