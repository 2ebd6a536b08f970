/** `npm run bench:projection`: call-metrics and Kafka Streams in turn fold the same calls. Prints ratios; writes bench/results/projection.json. */
import { Command } from 'commander';
import { printRatios, writeResults } from '../ratios.ts';
import { CALLS, inArena, PAIRS, running } from './arena.ts';
import type { Contestant } from './contestants.ts';
import { until } from './server.ts';

new Command('npm run bench:projection')
  .description(
    'call-metrics and Kafka Streams in turn fold the same calls: prints ratios, writes bench/results/projection.json.',
  )
  .addHelpText('after', '\nBENCH_PAIRS (5): rounds; BENCH_CALLS (1000000): calls.')
  .parse();

type Fold = Readonly<{ recordsPerSecond: number; peakMb: number }>;

await inArena(async ({ contestants, assertTotals }) => {
  const rounds: Record<string, Fold>[] = [];
  for (let round = 1; round <= PAIRS; round += 1) {
    const measured: Record<string, Fold> = {};
    for (const contestant of contestants) {
      await contestant.wipeAll();
      measured[contestant.name] = await running(contestant, async (server) => {
        const recordsPerSecond = await foldAll(contestant);
        const { peakMb } = server;
        const fold = { recordsPerSecond, peakMb: peakMb() };
        await assertTotals(contestant);
        return fold;
      });
    }
    rounds.push(measured);
    const shown = Object.entries(measured).map(
      ([name, { recordsPerSecond, peakMb }]) => `${name} ${Math.round(recordsPerSecond)}/s, ${peakMb} MB`,
    );
    console.log(`${round}/${PAIRS} ${shown.join(' · ')}`);
  }
  printRatios(rounds, { recordsPerSecond: 'records/s', peakMb: 'peak memory' });
  writeResults('projection', rounds);
});

/** Records per second between the first and the last that were seen to be folded. */
async function foldAll(contestant: Contestant): Promise<number> {
  const progress = async () => ({ count: await contestant.progress(), ms: performance.now() });
  const first = await until(async () => {
    const seen = await progress();
    return seen.count > 0 ? seen : null;
  }, 50);
  const last = await until(async () => {
    const seen = await progress();
    return seen.count >= CALLS ? seen : null;
  }, 250);
  return ((last.count - first.count) / (last.ms - first.ms)) * 1_000;
}
