/** `npm run bench:restore`: how long call-metrics and Kafka Streams take from their start to serving, all local state wiped and the group empty. Writes bench/results/restore.json. */
import { Command } from 'commander';
import { printRatios, writeResults } from '../ratios.ts';
import { CALLS, inArena, PAIRS, running } from './arena.ts';
import { until } from './server.ts';

new Command('npm run bench:restore')
  .description(
    'How long call-metrics and Kafka Streams take from their start to serving: prints ratios, writes bench/results/restore.json.',
  )
  .addHelpText('after', '\nBENCH_PAIRS (5): rounds; BENCH_CALLS (1000000): calls.')
  .parse();

type Restore = Readonly<{ seconds: number; peakMb: number }>;

await inArena(async ({ contestants, assertTotals }) => {
  for (const contestant of contestants) {
    await running(contestant, () => until(async () => ((await contestant.progress()) >= CALLS ? true : null), 200));
  }
  const rounds: Record<string, Restore>[] = [];
  for (let round = 1; round <= PAIRS; round += 1) {
    const measured: Record<string, Restore> = {};
    for (const contestant of contestants) {
      await contestant.hasLeft();
      contestant.wipeLocal();
      measured[contestant.name] = await running(contestant, async (server) => {
        await until(contestant.ready, 20);
        const restore = { seconds: (performance.now() - server.startedMs) / 1_000, peakMb: server.peakMb() };
        await assertTotals(contestant);
        return restore;
      });
    }
    rounds.push(measured);
    const shown = Object.entries(measured).map(
      ([name, { seconds, peakMb }]) => `${name} ${seconds.toFixed(2)} s, ${peakMb} MB`,
    );
    console.log(`${round}/${PAIRS} ${shown.join(' · ')}`);
  }
  printRatios(rounds, { seconds: 'start to serving', peakMb: 'peak memory' });
  writeResults('restore', rounds);
});
