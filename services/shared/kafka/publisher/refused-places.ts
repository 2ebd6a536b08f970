/** How long a refusal also answers later records of its place, so that a revoked right costs one request a second and not one per webhook. */
const REFUSAL_MS = 1_000;

/** The places whose records the broker recently refused. */
export type RefusedPlaces = Readonly<{
  add: (place: string) => void;
  has: (place: string) => boolean;
  /** Forgets those that are due. Only this does, so that records which are given together are all refused or none. */
  expire: () => void;
}>;

export function createRefusedPlaces(now: () => number): RefusedPlaces {
  const untilMs = new Map<string, number>();
  return {
    add: (place) => untilMs.set(place, now() + REFUSAL_MS),
    has: (place) => untilMs.has(place),
    expire: () => {
      for (const [place, endMs] of untilMs) if (now() >= endMs) untilMs.delete(place);
    },
  };
}
