/** Records counted by place (`<topic>/<partition>`); a place without records is absent. */
export type PlaceCounts = Readonly<{
  byPlace: ReadonlyMap<string, number>;
  add: (place: string, change: number) => void;
}>;

export function createPlaceCounts(): PlaceCounts {
  const byPlace = new Map<string, number>();
  return {
    byPlace,
    add: (place, change) => {
      const count = (byPlace.get(place) ?? 0) + change;
      if (count === 0) byPlace.delete(place);
      else byPlace.set(place, count);
    },
  };
}
