import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** What wrk measured. Latencies in milliseconds. */
export type Measurement = Readonly<{ requestsPerSecond: number; p50Ms: number; p99Ms: number; not2xx: number }>;

/** Loads `url` over 64 connections. Throws where wrk is missing or measures nothing. */
export function runWrk(url: string, seconds: number, seed: number): Measurement {
  const script = join(import.meta.dirname, 'webhooks.lua');
  const args = ['-t', '2', '-c', '64', '-d', `${seconds}s`, '--latency', '-s', script, url];
  const { stdout, error } = spawnSync('wrk', args, {
    encoding: 'utf8',
    env: { ...process.env, BENCH_SEED: String(seed) },
  });
  if (error) throw new Error(`wrk cannot be run (${error.message}): apt-get install wrk`);
  const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  if (!(requestsPerSecond > 0)) throw new Error(`wrk measured nothing:\n${stdout}`);
  return {
    requestsPerSecond,
    p50Ms: latencyMs(stdout, 50),
    p99Ms: latencyMs(stdout, 99),
    not2xx: Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0),
  };
}

function latencyMs(stdout: string, percentile: number): number {
  const [, value, unit] = new RegExp(`${percentile}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout) ?? [];
  const factor = { us: 0.001, ms: 1, s: 1000 }[unit ?? ''] ?? Number.NaN;
  return Number(value) * factor;
}
