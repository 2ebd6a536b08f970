import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { launcherPlace } from '../support/launcher.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, '../../dev/simulate/main.ts');
let place: Awaited<ReturnType<typeof launcherPlace>>;
let launch: ReturnType<typeof place.launch>;

beforeAll(async () => {
  place = await launcherPlace();
  const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '' } = process.env;
  const KAFKA_TOPIC_PREFIX = `simulate${process.pid}.`;
  launch = place.launch({ KAFKA_BROKERS, SCHEMA_REGISTRY_URL, KAFKA_TOPIC_PREFIX });
  await launch.untilReady();
}, 120_000);

afterAll(async () => {
  process.kill(launch.pid, 'SIGTERM');
  await launch.ended;
  await place.remove();
});

/** Runs the command; what it prints, and its exit code. */
async function simulate(...args: string[]) {
  const environment = {
    ...process.env,
    DATA_DIRECTORY: place.directory,
    EXPORTER_PORT: String(place.ports.EXPORTER_PORT),
  };
  const env = { ...environment, INGRESS_PORT: String(place.ports.INGRESS_PORT) };
  try {
    const { stdout } = await run(process.execPath, [main, ...args], { env });
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    const { code, stdout, stderr }: { code?: number; stdout?: string; stderr?: string } = Object(error);
    return { code: code ?? -1, stdout: stdout ?? '', stderr: stderr ?? '' };
  }
}

test('When calls are simulated, then all are accepted and the counters move by precisely the expected totals; sent again, they do not move', async () => {
  const args = ['--calls', '500', '--rate', '0', '--seed', '7', '--from', '2026-11-02', '--compare', '--json'];
  const first = await simulate(...args);
  expect(first.code).toBe(0);
  const result = JSON.parse(first.stdout);
  expect(result.accepted).toBe(result.sent);
  expect(result.duplicates).toBeGreaterThan(0);
  expect(result.comparison.differ).toEqual([]);
  const calls = Object.entries<number>(result.expected.sums).filter(([name]) => name.startsWith('vxt_calls_total'));
  expect(calls.reduce((sum, [, amount]) => sum + amount, 0)).toBe(500);

  const again = await simulate(...args, '--compare-within', '2');
  expect(again.code).toBe(1);
  expect(JSON.parse(again.stdout).comparison.differ).toContainEqual(expect.objectContaining({ moved: 0 }));
});

test('When the token is wrong, then it says so and exits 1', async () => {
  const { code, stdout } = await simulate('--calls', '10', '--token', 'not-the-right-one');
  expect(code).toBe(1);
  expect(stdout).toContain('Not accepted:');
  expect(stdout).toContain('HTTP 401');
});
