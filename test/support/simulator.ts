import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const main = join(import.meta.dirname, '../../dev/simulate/main.ts');

/** What `npm run simulate -- --json` says of a run, as far as tests ask. */
export type Simulated = Readonly<{
  sent: number;
  accepted: number;
  duplicates: number;
  /** What was accepted must add to the exporter's counters: by series, and over all users. In the counters' own units. */
  expected: Readonly<{ series: Readonly<Record<string, number>>; sums: Readonly<Record<string, number>> }>;
}>;

/** Runs the simulator's command against an ingress. Throws, with what it said, unless everything it sent was accepted. */
export async function runSimulator(url: string, token: string, ...args: string[]): Promise<Simulated> {
  const { stdout } = await run(process.execPath, [main, '--url', url, '--token', token, '--json', ...args], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout);
}
