import type { Positions } from './table-reader-positions.ts';

/** The part of a partition's log that can be read: from `low` to before `high`, the last stable offset. */
export type LogEnd = Readonly<{ topic: string; partition: number; low: number; high: number }>;

/** The ends of the log as last asked for, against the positions of the reader. */
export function createLogEnd(positions: Positions) {
  const ends = new Map<string, LogEnd & { shorterPolls: number }>();
  const behind = ({ topic, partition, high }: LogEnd): number => high - (positions.position(topic, partition) ?? 0);
  return {
    /** Asks for the ends. They are held against the positions before the question, as reading goes on meanwhile. */
    ask: async (question: () => Promise<readonly LogEnd[]>): Promise<readonly LogEnd[]> => {
      const before = new Map([...ends].map(([key, end]) => [key, end.high - behind(end)]));
      const found = await question();
      for (const end of found) {
        const key = `${end.topic}/${end.partition}`;
        const shorter = end.high < (before.get(key) ?? 0);
        ends.set(key, { ...end, shorterPolls: shorter ? (ends.get(key)?.shorterPolls ?? 0) + 1 : 0 });
      }
      return found;
    },
    partitions: (): readonly LogEnd[] => [...ends.values()],
    /** Offsets left to read; null before the ends are known. */
    lag: (): number | null =>
      ends.size === 0 ? null : [...ends.values()].reduce((sum, end) => sum + Math.max(0, behind(end)), 0),
    /** A partition that was found shorter than its position this many times in a row, or null. */
    shorterFor: (polls: number): LogEnd | null =>
      [...ends.values()].find(({ shorterPolls }) => shorterPolls >= polls) ?? null,
  };
}
