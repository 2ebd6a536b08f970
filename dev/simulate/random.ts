/** Numbers that look random and are the same for the same seed. */
export type Random = Readonly<{
  /** At least 0, below 1. */
  next: () => number;
  /** A whole number from `least` to `most`, both included. */
  whole: (least: number, most: number) => number;
  /** True for this share of the calls. */
  chance: (share: number) => boolean;
  pick: <T>(values: readonly [T, ...T[]]) => T;
  /** Log-normal: half of the values are below `median`; `spread` is the standard deviation of the logarithm. */
  skewed: (median: number, spread: number) => number;
}>;

/** mulberry32, seeded by several whole numbers. */
export function createRandom(...seeds: readonly number[]): Random {
  let state = seeds.reduce((mixed, seed) => mix(mixed ^ seed), 0x9e3779b9);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    return mix(state) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    whole: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (share) => next() < share,
    pick: ([first, ...others]) => others[Math.floor(next() * (others.length + 1)) - 1] ?? first,
    skewed: (median, spread) => median * Math.exp(spread * normal()),
  };
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), value | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
