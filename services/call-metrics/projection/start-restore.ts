import { waitForRegistry } from '../../shared/avro/wait-for-registry.ts';
import type { createKafka } from '../../shared/kafka/client/connection.ts';
import { startTableReader, type TableReader } from '../../shared/kafka/table-reader/table-reader.ts';
import { createLogEnds } from '../../shared/kafka/topics/log-ends.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { type RestoreProgress, watchRestore } from '../monitoring/restore-progress.ts';
import type { CallMetricsProjection } from './call-metrics-projection.ts';

/** Reads the own topics back into the projection, from their beginning and for as long as the process runs. */
export type Restore = Readonly<{
  reader: TableReader;
  progress: RestoreProgress;
  /** Whether everything committed before the start has been read: until then, every total would be too small. */
  caughtUp: () => boolean;
  /** Resolves once `caughtUp` is true. Rejects if the reader fails, or the totals were computed under other settings. */
  untilCaughtUp: () => Promise<void>;
}>;

type Options = Readonly<{
  kafka: ReturnType<typeof createKafka>;
  brokers: readonly string[];
  projection: CallMetricsProjection;
  readerGroupPrefix: string;
  logger: Logger;
}>;

export async function startRestore({
  kafka,
  brokers,
  projection,
  readerGroupPrefix: groupPrefix,
  logger,
}: Options): Promise<Restore> {
  const topics = projection.restoredFrom;
  let caughtUp = false;
  const ends = await createLogEnds(kafka, brokers, topics)();
  const reader = startTableReader(kafka, { topics, groupPrefix }, async (records) => {
    const committed = records.map((record) => ({ ...record, key: record.key ?? '' }));
    // While the registry is unavailable the reader waits; any other error ends it.
    await waitForRegistry(logger, () => projection.readBack(committed));
    // A rebuild under other settings has replaced these totals: this process must not continue with its own.
    if (caughtUp && records.some(({ topic }) => topic === projection.topics.state)) projection.checkFingerprints();
  });
  const progress = watchRestore(reader, ends, logger);
  return {
    reader,
    progress,
    caughtUp: () => caughtUp,
    untilCaughtUp: async () => {
      await Promise.race([reader.caughtUp, reader.failed.then((error) => Promise.reject(error))]);
      caughtUp = true;
      progress.done();
      projection.checkFingerprints();
    },
  };
}
