import type { EndsOfTopics } from '../shared/kafka/projection/log-ends.ts';
import type { TableReader } from '../shared/kafka/table-reader.ts';
import type { Logger } from '../shared/observability/logger.ts';

const TELL_EVERY_MS = 2_000;

/** How much of the own topics was read since the start, as told in the log every two seconds and in metrics. */
export type RestoreProgress = Readonly<{
  /** From 0 to 1. */
  share: () => number;
  /** Offsets still to be read, by partition, over all topics. */
  left: () => ReadonlyMap<number, number>;
  /** Since the start; from `done` on what it took. */
  seconds: () => number;
  done: () => void;
}>;

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
  let doneMs: number | null = null;
  const left = (): ReadonlyMap<number, number> => {
    const byPartition = new Map<number, number>();
    for (const { topic, partition, low, high } of places) {
      const ofTopic = high - Math.min(high, Math.max(low, reader.position(topic, partition) ?? low));
      byPartition.set(partition, (byPartition.get(partition) ?? 0) + ofTopic);
    }
    return byPartition;
  };
  const read = (): number => total - [...left().values()].reduce((sum, one) => sum + one, 0);
  const share = (): number => (total === 0 ? 1 : read() / total);
  const seconds = (): number => ((doneMs ?? performance.now()) - startedMs) / 1000;
  const tell = (event: string): void =>
    logger.info(event, {
      records: read(),
      count: total,
      share: Math.round(share() * 1000) / 1000,
      partitionsLeft: [...left()].flatMap(([partition, offsets]) => (offsets > 0 ? [partition] : [])),
      durationMs: Math.round(seconds() * 1000),
    });
  const timer = setInterval(() => tell('restore-progress'), TELL_EVERY_MS);
  timer.unref();
  return {
    share,
    left,
    seconds,
    done: () => {
      clearInterval(timer);
      doneMs = performance.now();
      tell('restore-done');
    },
  };
}
