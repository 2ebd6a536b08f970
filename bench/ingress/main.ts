/** `npm run bench:ingress`: our ingress and Benthos in turn on one broker. Prints ratios; writes bench/results/ingress.json. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startJavaStack } from '../../dev/stack/java-stack.ts';
import { freePorts } from '../../dev/stack/ports.ts';
import { benthos, type Contestant, ours } from './contestants.ts';
import { type Measurement, runWrk } from './run-wrk.ts';

const PAIRS = Number(process.env.BENCH_PAIRS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const WARM_UP_SECONDS = 5;

const directory = mkdtempSync(join(tmpdir(), 'bench-ingress-'));
const stack = await startJavaStack({ dataDirectory: directory });
try {
  const [ourPort = 0, peerPort = 0] = await freePorts(3);
  const us = ours(stack, ourPort);
  await measure(us, 1, 0); // It creates the topics.
  const peer = await benthos(stack, peerPort);
  if (typeof peer === 'string') console.log(peer);
  const pairs: { ours: Measurement; peer: Measurement | null }[] = [];
  for (let pair = 1; pair <= PAIRS; pair += 1) {
    const result = {
      ours: await measure(us, SECONDS, pair),
      peer: typeof peer === 'string' ? null : await measure(peer, SECONDS, pair),
    };
    pairs.push(result);
    console.log(
      `${pair}/${PAIRS} ours ${shown(result.ours)}${result.peer === null ? '' : ` · ${peerName(peer)} ${shown(result.peer)}`}`,
    );
  }
  const both = pairs.flatMap(({ ours: our, peer: their }) => (their === null ? [] : [{ our, their }]));
  if (both.length > 0) {
    console.log(
      `requests/s, ours ÷ peer: ${spread(both.map(({ our, their }) => our.requestsPerSecond / their.requestsPerSecond))}`,
    );
    console.log(`p99, ours ÷ peer: ${spread(both.map(({ our, their }) => our.p99Ms / their.p99Ms))}`);
  }
  mkdirSync(join(import.meta.dirname, '../results'), { recursive: true });
  writeFileSync(join(import.meta.dirname, '../results/ingress.json'), `${JSON.stringify(pairs, null, 2)}\n`);
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

function peerName(peer: Contestant | string): string {
  return typeof peer === 'string' ? '' : peer.name;
}
function shown({ requestsPerSecond, p50Ms, p99Ms, not2xx }: Measurement): string {
  return `${Math.round(requestsPerSecond)}/s p50 ${p50Ms} ms p99 ${p99Ms} ms${not2xx > 0 ? ` (${not2xx} not 2xx)` : ''}`;
}
function spread(ratios: readonly number[]): string {
  const sorted = [...ratios].sort((a, b) => a - b);
  const [least = 0, middle = 0, most = 0] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return `min ${least.toFixed(2)}, median ${middle.toFixed(2)}, max ${most.toFixed(2)}`;
}
