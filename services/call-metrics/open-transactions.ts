import type { EndsOfTopics } from '../shared/kafka/projection/log-ends.ts';

/**
 * Follows how long transactions have held readers back. While events flow there is nearly always one open, for some milliseconds: what tells of a stuck one is not that
 * the high watermark is above the last stable offset, but that it is while the last stable offset stands still.
 */
export type OpenTransactions = Readonly<{
  /** Ends asked for in this order: high watermarks, then last stable offsets. */
  saw: (watermarks: EndsOfTopics, stable: EndsOfTopics) => void;
  /** Of each topic, seconds since the last stable offset of a partition was first seen where it still is, below the high watermark; 0 where none is. */
  heldSeconds: () => ReadonlyMap<string, number>;
}>;

/** `now` gives milliseconds of a clock that never goes back. */
export function createOpenTransactions(topics: readonly string[], now: () => number): OpenTransactions {
  const held = new Map<string, ReadonlyMap<number, Readonly<{ at: number; sinceMs: number }>>>();
  return {
    saw: (watermarks, stable) => {
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
