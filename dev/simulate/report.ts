import type { Difference } from './compare.ts';
import type { SimulationResult } from './simulate.ts';
import { inUnits, lines, overUsers, type Totals } from './totals.ts';

/** The outcome of `--compare`. */
export type Comparison = Readonly<{ url: string; differ: readonly Difference[]; tookMs: number }>;

const number = (value: number, digits = 0) =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** The result for people. */
export function describe(result: SimulationResult, comparison: Comparison | null, perUser: boolean): string {
  const { sent, accepted, duplicates, retries, tookMs, latenciesMs, expected } = result;
  const rate = tookMs > 0 ? (accepted * 1_000) / tookMs : 0;
  const [half, most, longest] = [0.5, 0.99, 1].map((share) => number(percentile(latenciesMs, share), 1));
  const failures = [...result.refused, ...result.gaveUp].map(([why, count]) => `  ${number(count)} × ${why}`);
  return [
    `${number(accepted)} of ${number(sent)} webhooks accepted in ${number(tookMs / 1_000, 1)} s (${number(rate)}/s), ${number(duplicates)} of them duplicates; ${number(retries)} retries.`,
    `Time to acceptance: half within ${half} ms, 99 % within ${most} ms, all within ${longest} ms.`,
    ...(failures.length > 0 ? ['Not accepted:', ...failures] : []),
    '',
    'What they must add to the counters (each id once, so nothing where this was sent before):',
    ...lines(perUser ? expected : overUsers(expected)).map((line) => `  ${line}`),
    ...(comparison === null ? [] : ['', ...describeComparison(comparison)]),
  ].join('\n');
}

function describeComparison({ url, differ, tookMs }: Comparison): readonly string[] {
  if (differ.length === 0)
    return [
      `Equal: the counters of ${url} moved by precisely that, ${number(tookMs / 1_000, 1)} s after the last answer.`,
    ];
  const most = 20;
  return [
    `Different: after ${number(tookMs / 1_000, 1)} s, ${differ.length} series of ${url} had not moved by that:`,
    ...differ.slice(0, most).map(({ series, expected, moved }) => `  ${series} expected ${expected}, moved ${moved}`),
    ...(differ.length > most ? [`  … and ${differ.length - most} more`] : []),
    ...(differ.every(({ expected, moved }) => moved < expected)
      ? ['Were these ids sent before? Another --seed or --id-prefix makes new ones.']
      : []),
  ];
}

/** The result for programs: amounts in the counters' own units. */
export function toJson(result: SimulationResult, comparison: Comparison | null): string {
  const object = (totals: Totals) =>
    Object.fromEntries([...totals].map(([name, amount]) => [name, inUnits(name, amount)]));
  const { sent, accepted, duplicates, retries, refused, gaveUp, expected, tookMs, latenciesMs } = result;
  return JSON.stringify({
    sent,
    accepted,
    duplicates,
    retries,
    refused: Object.fromEntries(refused),
    gaveUp: Object.fromEntries(gaveUp),
    tookMs,
    latencyMs: {
      p50: percentile(latenciesMs, 0.5),
      p99: percentile(latenciesMs, 0.99),
      max: percentile(latenciesMs, 1),
    },
    expected: { sums: object(overUsers(expected)), series: object(expected) },
    comparison,
  });
}
