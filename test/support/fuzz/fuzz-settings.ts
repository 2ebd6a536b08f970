/** What a fuzz run is asked to do. */
export type FuzzSettings = Readonly<{
  seed: number;
  /** How long cases are sent. */
  seconds: number;
  /** Only these cases, one after the other; null: all in their order, until the time is over. */
  only: readonly number[] | null;
}>;

const DEFAULT_SECONDS = 300;

/** From FUZZ_SEED (a new one where it is unset), FUZZ_SECONDS and FUZZ_CASES (`17` or `17,20-40`). */
export function fuzzSettings({ FUZZ_SEED, FUZZ_SECONDS, FUZZ_CASES }: NodeJS.ProcessEnv): FuzzSettings {
  return {
    seed: wholeNumber('FUZZ_SEED', FUZZ_SEED, Date.now() % 2 ** 31),
    seconds: wholeNumber('FUZZ_SECONDS', FUZZ_SECONDS, DEFAULT_SECONDS),
    only: FUZZ_CASES ? FUZZ_CASES.split(',').flatMap(rangeOf) : null,
  };
}

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  const value = text ? Number(text) : otherwise;
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} "${text}" is no whole number`);
  return value;
}

function rangeOf(range: string): readonly number[] {
  const [first, last = first] = range.split('-').map((number) => wholeNumber('FUZZ_CASES', number, Number.NaN));
  return Array.from(
    { length: last === undefined || first === undefined ? 0 : last - first + 1 },
    (_, index) => (first ?? 0) + index,
  );
}
