import type { TableReader } from '../../shared/kafka/table-reader/table-reader.ts';
import type { EndsOfTopics } from '../../shared/kafka/topics/log-ends.ts';
import type { Logger } from '../../shared/observability/logger.ts';

const LOG_EVERY_MS = 2_000;

/** How much of the own topics has been read since the start. Logged every two seconds and exposed as metrics. */
export type RestoreProgress = Readonly<{
  /** From 0 to 1. */
  share: () => number;
  /** Offsets still to be read, by partition, summed over all topics. */
  left: () => ReadonlyMap<number, number>;
  /** Seconds since the start, up to `done`. */
  seconds: () => number;
  done: () => void;
}>;

/** `ends` are the ends of the topics at the start. */
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
  let doneMs: number | null = null;
  const left = (): ReadonlyMap<number, number> => {
    const byPartition = new Map<number, number>();
    for (const { topic, partition, low, high } of places) {
      const unread = high - Math.min(high, Math.max(low, reader.position(topic, partition) ?? low));
      byPartition.set(partition, (byPartition.get(partition) ?? 0) + unread);
    }
    return byPartition;
  };
  const read = (): number => total - [...left().values()].reduce((sum, one) => sum + one, 0);
  const share = (): number => (total === 0 ? 1 : read() / total);
  const seconds = (): number => ((doneMs ?? performance.now()) - startedMs) / 1000;
  const log = (event: string): void =>
    logger.info(event, {
      records: read(),
      count: total,
      share: Math.round(share() * 1000) / 1000,
      partitionsLeft: [...left()].flatMap(([partition, offsets]) => (offsets > 0 ? [partition] : [])),
      durationMs: Math.round(seconds() * 1000),
    });
  const timer = setInterval(() => log('restore-progress'), LOG_EVERY_MS);
  timer.unref();
  return {
    share,
    left,
    seconds,
    done: () => {
      clearInterval(timer);
      doneMs = performance.now();
      log('restore-done');
    },
  };
}
