import type { EndsOfTopics } from '../../shared/kafka/topics/log-ends.ts';

/**
 * Tracks how long open transactions have blocked readers. While events flow, one is nearly always open for a few
 * milliseconds, so a high watermark above the last stable offset is normal. A stuck transaction shows in a last stable
 * offset that does not move below the high watermark.
 */
export type OpenTransactions = Readonly<{
  /** The high watermarks must have been fetched before the last stable offsets. */
  observeEnds: (watermarks: EndsOfTopics, stable: EndsOfTopics) => void;
  /** By topic, how long the last stable offset of any partition has stood still below the high watermark; 0 if none has. */
  heldSeconds: () => ReadonlyMap<string, number>;
}>;

/** `now` is a monotonic clock in milliseconds. */
export function createOpenTransactions(topics: readonly string[], now: () => number): OpenTransactions {
  const held = new Map<string, ReadonlyMap<number, Readonly<{ at: number; sinceMs: number }>>>();
  return {
    observeEnds: (watermarks, stable) => {
      for (const [topic, ends] of stable) {
        const before = held.get(topic);
        const open = [...ends].flatMap(([partition, { high: at }]) => {
          if (at >= (watermarks.get(topic)?.get(partition)?.high ?? 0)) return [];
          const known = before?.get(partition);
          return [[partition, known?.at === at ? known : { at, sinceMs: now() }] as const];
        });
        held.set(topic, new Map(open));
      }
    },
    heldSeconds: () =>
      new Map(
        topics.map((topic) => {
          const since = [...(held.get(topic)?.values() ?? [])].map(({ sinceMs }) => sinceMs);
          return [topic, since.length === 0 ? 0 : (now() - Math.min(...since)) / 1000];
        }),
      ),
  };
}
