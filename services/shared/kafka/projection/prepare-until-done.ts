import { errorFields, type Logger } from '../../observability/logger.ts';
import { summaryOf } from '../../observability/summarise.ts';

/** Does what has to be done before records are folded, such as fetching schemas: what fails is tried again, as the records are not at fault. Never rejects. */
export async function prepareUntilDone(
  prepare: () => Promise<void>,
  wanted: () => boolean,
  failed: (error: unknown) => void,
  logger: Logger,
): Promise<void> {
  for (let attempt = 1; wanted(); attempt += 1) {
    try {
      return await prepare();
    } catch (error) {
      failed(error);
      const fields = errorFields(error);
      summaryOf(logger).warn('batch-not-prepared', String(fields.errorType), { attempt, ...fields });
      await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 200 * attempt)));
    }
  }
}
