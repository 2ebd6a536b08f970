import { StackError } from '../stack/stack-error.ts';
import { waitUntil } from '../stack/wait-until.ts';
import { counters, inUnits, isCounter, overUsers, series, type Totals } from './totals.ts';

/** The counters of an exporter's page, in whole amounts. */
export function parseMetrics(page: string): Totals {
  const totals = new Map<string, number>();
  for (const line of page.split('\n')) {
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    if (name === undefined || value === undefined || !isCounter(name)) continue;
    const read = Object.fromEntries(
      [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]),
    );
    totals.set(series(name, read), Math.round(Number(value) * counters[name].perSecond));
  }
  return totals;
}

/** A series that did not move by what was expected, in the counter's own unit. */
export type Difference = Readonly<{ series: string; expected: number; moved: number }>;

/**
 * The series whose movement from `before` to `now` is not what is expected; those that nothing moved and nothing was expected of say nothing. Where some users
 * are summed under `other` (there are more of them than the exporter shows), only the sums over all users are compared.
 */
export function differences(expected: Totals, before: Totals, now: Totals): readonly Difference[] {
  const moved = new Map([...now].map(([name, amount]) => [name, amount - (before.get(name) ?? 0)]));
  const capped = [...moved].some(([name, amount]) => name.includes('user_uid="other"') && amount !== 0);
  const [wanted, seen] = capped ? [overUsers(expected), overUsers(moved)] : [expected, moved];
  return [...new Set([...wanted.keys(), ...seen.keys()])].sort().flatMap((name) => {
    const [want, have] = [wanted.get(name) ?? 0, seen.get(name) ?? 0];
    return want === have ? [] : [{ series: name, expected: inUnits(name, want), moved: inUnits(name, have) }];
  });
}

export async function scrape(url: string): Promise<Totals> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => null);
  if (response === null) throw new StackError(`${url} does not answer: is the exporter running?`);
  if (!response.ok) throw new StackError(`${url} answers HTTP ${response.status}`);
  return parseMetrics(await response.text());
}

/** Scrapes until the counters have moved by precisely what is expected, or time is up; what still differs then, and how long it took. */
export async function awaitEqual(
  url: string,
  expected: Totals,
  before: Totals,
  withinMs: number,
): Promise<Readonly<{ differ: readonly Difference[]; tookMs: number }>> {
  const startedAt = performance.now();
  let differ: readonly Difference[] = [];
  await waitUntil(
    async () => {
      differ = differences(expected, before, await scrape(url));
      return differ.length === 0;
    },
    withinMs,
    { everyMs: 100 },
  );
  return { differ, tookMs: performance.now() - startedAt };
}
