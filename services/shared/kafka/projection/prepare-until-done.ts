import { errorFields, type Logger } from '../../observability/logger.ts';
import type { Projection } from '../../projection/projection.ts';

/** Records of one batch may need I/O, as for schemas: what fails is tried again, as the records are not at fault. */
export async function prepareUntilDone(
  projection: Projection,
  records: Parameters<Projection['prepare']>[0],
  wanted: () => boolean,
  logger: Logger,
): Promise<void> {
  for (let attempt = 1; wanted(); attempt += 1) {
    try {
      return await projection.prepare(records);
    } catch (error) {
      logger.warn('batch-not-prepared', { attempt, ...errorFields(error) });
      await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 200 * attempt)));
    }
  }
}
