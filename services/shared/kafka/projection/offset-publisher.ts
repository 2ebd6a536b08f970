import type { Consumer } from 'kafkajs';
import type { Positions } from '../../projection/records.ts';

const PUBLISH_EVERY_MS = 5_000;

/** The group's offsets are for lag tools only: nothing reads them back, so a failure to write them is no failure. */
export function offsetPublisher(consumer: Consumer, inputs: readonly string[]) {
  const publishedMs = new Map<number, number>();
  return (partition: number, positions: Positions): void => {
    const nowMs = performance.now();
    if (nowMs - (publishedMs.get(partition) ?? -Infinity) < PUBLISH_EVERY_MS) return;
    publishedMs.set(partition, nowMs);
    const offsets = inputs.map((topic) => ({ topic, partition, offset: String(positions[topic] ?? 0) }));
    void Promise.resolve()
      .then(() => consumer.commitOffsets(offsets))
      .catch(() => undefined);
  };
}
