import type { EndsOfTopics } from '../shared/kafka/projection/log-ends.ts';
import type { TableReader } from '../shared/kafka/table-reader.ts';
import type { Logger } from '../shared/observability/logger.ts';

const TELL_EVERY_MS = 2_000;

/** How much of the own topics was read since the start, as told in the log every two seconds and in a metric. */
export type RestoreProgress = Readonly<{ share: () => number; done: () => void }>;

/** `ends` are those that stood at the start. */
export function watchRestore(
  reader: Pick<TableReader, 'position'>,
  ends: EndsOfTopics,
  logger: Logger,
): RestoreProgress {
  const places = [...ends].flatMap(([topic, partitions]) =>
    [...partitions].map(([partition, { low, high }]) => ({ topic, partition, low, high })),
  );
  const total = places.reduce((sum, { low, high }) => sum + high - low, 0);
  const startedMs = performance.now();
  const read = (): number =>
    places.reduce((sum, { topic, partition, low, high }) => {
      return sum + Math.min(high, Math.max(low, reader.position(topic, partition) ?? low)) - low;
    }, 0);
  const share = (): number => (total === 0 ? 1 : read() / total);
  const tell = (event: string): void => {
    const complete = places.filter(({ topic, partition, high }) => (reader.position(topic, partition) ?? 0) >= high);
    logger.info(event, {
      records: read(),
      count: total,
      share: Math.round(share() * 1000) / 1000,
      partitions: complete.length,
      durationMs: Math.round(performance.now() - startedMs),
    });
  };
  const timer = setInterval(() => tell('restore-progress'), TELL_EVERY_MS);
  timer.unref();
  return {
    share,
    done: () => {
      clearInterval(timer);
      tell('restore-done');
    },
  };
}
