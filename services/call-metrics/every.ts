import { errorFields, type Logger } from '../shared/observability/logger.ts';
import { summaryOf } from '../shared/observability/summarise.ts';

/** Does `work` again and again, never twice at once; a failure is told, and tried again the next time. */
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
