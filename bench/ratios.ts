import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the contestants of one round measured, by name; ours is the first. */
export type Round<Figure extends string> = Readonly<Record<string, Readonly<Record<Figure, number>>>>;

/** Prints, for each peer and figure, ours divided by the peer's: least, median and most over the rounds. */
export function printRatios<Figure extends string>(
  rounds: readonly Round<Figure>[],
  figures: Readonly<Partial<Record<Figure, string>>>,
): void {
  const [us = '', ...peers] = Object.keys(rounds[0] ?? {});
  for (const peer of peers) {
    for (const [figure, title] of Object.entries(figures) as [Figure, string][]) {
      const ratios = rounds.map((round) => (round[us]?.[figure] ?? 0) / (round[peer]?.[figure] ?? 0));
      console.log(`${title}, ours ÷ ${peer}: ${spread(ratios)}`);
    }
  }
}

/** Writes bench/results/`name`.json. */
export function writeResults(name: string, rounds: readonly Round<string>[]): void {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(rounds, null, 2)}\n`);
}

function spread(ratios: readonly number[]): string {
  const sorted = [...ratios].sort((a, b) => a - b);
  const [least = 0, middle = 0, most = 0] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return `min ${least.toFixed(2)}, median ${middle.toFixed(2)}, max ${most.toFixed(2)}`;
}
