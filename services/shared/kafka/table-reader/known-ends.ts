import type { PartitionEnds } from '../topics/log-ends.ts';
import type { Positions } from './positions.ts';

/** The ends of the log as last fetched, compared with the positions of a reader. */
export type KnownEnds = Readonly<{
  /** Fetches the ends. Each is compared with the position before the request, because reading continues meanwhile. */
  refresh: (fetchEnds: () => Promise<readonly PartitionEnds[]>) => Promise<readonly PartitionEnds[]>;
  partitions: () => readonly PartitionEnds[];
  /** Offsets left to read; null before the first response. */
  lag: () => number | null;
  /** A partition whose log ended before the reader's position in this many consecutive responses; null for none. */
  shorterFor: (responses: number) => PartitionEnds | null;
}>;

export function createKnownEnds(positions: Positions): KnownEnds {
  const known = new Map<string, PartitionEnds & { shorterResponses: number }>();
  const positionIn = ({ topic, partition }: PartitionEnds): number => positions.position(topic, partition) ?? 0;
  return {
    refresh: async (fetchEnds) => {
      const before = new Map([...known].map(([key, ends]) => [key, positionIn(ends)]));
      const fetched = await fetchEnds();
      for (const ends of fetched) {
        const key = `${ends.topic}/${ends.partition}`;
        const isShorter = ends.high < (before.get(key) ?? 0);
        known.set(key, { ...ends, shorterResponses: isShorter ? (known.get(key)?.shorterResponses ?? 0) + 1 : 0 });
      }
      return fetched;
    },
    partitions: () => [...known.values()],
    lag: () =>
      known.size === 0
        ? null
        : [...known.values()].reduce((sum, ends) => sum + Math.max(0, ends.high - positionIn(ends)), 0),
    shorterFor: (responses) =>
      [...known.values()].find(({ shorterResponses }) => shorterResponses >= responses) ?? null,
  };
}
