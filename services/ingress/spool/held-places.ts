/** Places that nothing is sent to for a while. */
export type HeldPlaces = Readonly<{
  hold: (place: string, ms: number) => void;
  isHeld: (place: string) => boolean;
}>;

export function createHeldPlaces(now: () => number): HeldPlaces {
  const heldUntilMs = new Map<string, number>();
  return {
    hold: (place, ms) => void heldUntilMs.set(place, now() + ms),
    isHeld: (place) => now() < (heldUntilMs.get(place) ?? 0),
  };
}
