/** Where a reader stands in each partition, and who waits for it to get further. Positions are the next offset to read. */
export type Positions = Readonly<{
  /** The position, or null for a partition that was never placed. */
  position: (topic: string, partition: number) => number | null;
  /** Moves forward; a smaller offset changes nothing. */
  advance: (topic: string, partition: number, offset: number) => void;
  /** Resolves once the position is at least `offset`. */
  reached: (topic: string, partition: number, offset: number) => Promise<void>;
}>;

type Waiter = Readonly<{ offset: number; resolve: () => void }>;
type Place = { readonly topic: string; readonly partition: number; position: number | null; waiters: Waiter[] };

export function createPositions(): Positions {
  const places = new Map<string, Place>();
  const placeOf = (topic: string, partition: number): Place => {
    const key = `${topic}/${partition}`;
    const place = places.get(key) ?? { topic, partition, position: null, waiters: [] };
    places.set(key, place);
    return place;
  };

  return {
    position: (topic, partition) => placeOf(topic, partition).position,
    advance: (topic, partition, offset) => {
      const place = placeOf(topic, partition);
      if (place.position !== null && offset <= place.position) return;
      place.position = offset;
      const [done, waiting] = [
        place.waiters.filter((one) => one.offset <= offset),
        place.waiters.filter((one) => one.offset > offset),
      ];
      place.waiters = waiting;
      for (const { resolve } of done) resolve();
    },
    reached: (topic, partition, offset) =>
      new Promise((resolve) => {
        const place = placeOf(topic, partition);
        if ((place.position ?? -1) >= offset) resolve();
        else place.waiters.push({ offset, resolve });
      }),
  };
}
