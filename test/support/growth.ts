/** Sizes that are compared, in bytes or UTF-16 units. */
const SMALL = 2 ** 16;
const LARGE = 2 ** 20;

/** 16 times the input: linear work takes 16 times as long and caches make it a little more, quadratic work takes 256 times. */
const MAX_GROWTH = 60;
/** Below this a time says nothing: timers, collections of garbage and other processes are in it. */
const FLOOR_MS = 4;
const ROUNDS = 12;

export type Growth = Readonly<{ smallMs: number; largeMs: number; linear: boolean }>;

/**
 * How the time of a work grows from 64 KiB to 1 MiB: best of several rounds each, as many as it takes to look linear.
 * `prepare` makes the input of a size, which is not measured, and returns the work on it.
 */
export async function growthOf(prepare: (size: number) => () => unknown): Promise<Growth> {
  const small = prepare(SMALL);
  const large = prepare(LARGE);
  let smallMs = Number.POSITIVE_INFINITY;
  let largeMs = Number.POSITIVE_INFINITY;
  const isLinear = (): boolean => largeMs <= MAX_GROWTH * Math.max(smallMs, FLOOR_MS);
  for (let round = 0; round < ROUNDS && !(round > 0 && isLinear()); round++) {
    for (let run = 0; run < 3; run++) smallMs = Math.min(smallMs, await timeOf(small));
    largeMs = Math.min(largeMs, await timeOf(large));
  }
  return { smallMs, largeMs, linear: isLinear() };
}

async function timeOf(work: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
