import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const main = join(import.meta.dirname, '../../dev/simulate/main.ts');

/** The parts of the output of `npm run simulate -- --json` that tests read. */
export type Simulated = Readonly<{
  sent: number;
  accepted: number;
  duplicates: number;
  /** What the accepted webhooks must add to the exporter's counters, per series and over all users, in the counters' own units. */
  expected: Readonly<{ series: Readonly<Record<string, number>>; sums: Readonly<Record<string, number>> }>;
}>;

/** Runs the simulator against an ingress. Throws with its output unless everything it sent was accepted. */
export async function runSimulator(url: string, token: string, ...args: string[]): Promise<Simulated> {
  const { stdout } = await run(process.execPath, [main, '--url', url, '--token', token, '--json', ...args], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout);
}
