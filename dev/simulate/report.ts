import type { Difference } from './compare.ts';
import type { SimulationResult } from './simulate.ts';
import { inUnits, lines, overUsers, type Totals } from './totals.ts';

/** The outcome of `--compare`. */
export type Comparison = Readonly<{ url: string; differ: readonly Difference[]; tookMs: number }>;

/** Differing series that are printed one by one. */
const MAX_SHOWN = 20;

const number = (value: number, digits = 0) =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** The result as text for people. */
export function describe(result: SimulationResult, comparison: Comparison | null, perUser: boolean): string {
  const { sent, accepted, duplicates, retries, tookMs, latenciesMs, expected } = result;
  const rate = tookMs > 0 ? (accepted * 1_000) / tookMs : 0;
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => number(percentile(latenciesMs, share), 1));
  const failures = [...result.refused, ...result.gaveUp].map(([why, count]) => `  ${number(count)} × ${why}`);
  return [
    `${number(accepted)} of ${number(sent)} webhooks accepted in ${number(tookMs / 1_000, 1)} s (${number(rate)}/s), ${number(duplicates)} of them duplicates; ${number(retries)} retries.`,
    `Time to acceptance: half within ${p50} ms, 99 % within ${p99} ms, all within ${max} ms.`,
    ...(failures.length > 0 ? ['Not accepted:', ...failures] : []),
    '',
    'What they must add to the counters (each id counts once, so nothing if they were sent before):',
    ...lines(perUser ? expected : overUsers(expected)).map((line) => `  ${line}`),
    ...(comparison === null ? [] : ['', ...describeComparison(comparison)]),
  ].join('\n');
}

function describeComparison({ url, differ, tookMs }: Comparison): readonly string[] {
  if (differ.length === 0)
    return [
      `Equal: the counters at ${url} increased by exactly that, ${number(tookMs / 1_000, 1)} s after the last answer.`,
    ];
  const shown = differ.slice(0, MAX_SHOWN);
  return [
    `Different: after ${number(tookMs / 1_000, 1)} s, ${differ.length} series at ${url} had not increased by that:`,
    ...shown.map(({ series, expected, moved }) => `  ${series} expected ${expected}, moved ${moved}`),
    ...(differ.length > MAX_SHOWN ? [`  … and ${differ.length - MAX_SHOWN} more`] : []),
    ...(differ.every(({ expected, moved }) => moved < expected)
      ? ['Were these ids sent before? Use another --seed or --id-prefix for new ones.']
      : []),
  ];
}

/** The result as JSON for programs. Amounts are in the counters' own units. */
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
