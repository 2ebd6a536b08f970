/** `npm run bench:ingress`: our ingress, Benthos and a bare Go service in turn on one broker. Prints ratios; writes bench/results/ingress.json. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { startJavaStack } from '../../dev/stack/java-stack.ts';
import { freePorts } from '../../dev/stack/ports.ts';
import { printRatios, writeResults } from '../ratios.ts';
import { bareGo, benthos, type Contestant, ours } from './contestants.ts';
import { type Measurement, runWrk } from './run-wrk.ts';

new Command('npm run bench:ingress')
  .description(
    'Our ingress, Benthos and a bare Go service in turn on one broker: prints ratios, writes bench/results/ingress.json.',
  )
  .addHelpText('after', '\nBENCH_PAIRS (5): rounds; BENCH_SECONDS (10): seconds of each measurement.')
  .parse();

const ROUNDS = Number(process.env.BENCH_PAIRS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const WARM_UP_SECONDS = 5;

const directory = mkdtempSync(join(tmpdir(), 'bench-ingress-'));
const stack = await startJavaStack({ dataDirectory: directory });
try {
  const [ourPort = 0, adminPort = 0, benthosPort = 0, goPort = 0] = await freePorts(4);
  const us = ours(stack, ourPort, adminPort, join(directory, 'spool'));
  await measure(us, 1, 0); // It creates the topics.
  const built = [await benthos(stack, benthosPort), await bareGo(stack, goPort)];
  const peers = built.filter((peer) => peer !== null);
  const rounds: Readonly<Record<string, Measurement>>[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const measured: Record<string, Measurement> = {};
    for (const contestant of [us, ...peers]) {
      measured[contestant.name] = await measure(contestant, SECONDS, round);
    }
    rounds.push(measured);
    console.log(`${round}/${ROUNDS} ${Object.entries(measured).map(shown).join(' · ')}`);
  }
  printRatios(rounds, { requestsPerSecond: 'requests/s', p99Ms: 'p99' });
  writeResults('ingress', rounds);
} finally {
  await stack.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function measure(contestant: Contestant, seconds: number, seed: number): Promise<Measurement> {
  const child = await contestant.start();
  try {
    runWrk(contestant.url, Math.min(seconds, WARM_UP_SECONDS), 1_000 + seed);
    return runWrk(contestant.url, seconds, seed);
  } finally {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  }
}

function shown([name, { requestsPerSecond, p50Ms, p99Ms, not2xx }]: [string, Measurement]): string {
  return `${name} ${Math.round(requestsPerSecond)}/s p50 ${p50Ms} ms p99 ${p99Ms} ms${not2xx > 0 ? ` (${not2xx} not 2xx)` : ''}`;
}
