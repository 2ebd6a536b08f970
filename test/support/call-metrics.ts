import { afterAll } from '@jest/globals';
import { eventually } from './eventually.ts';
import { freePort, type ServiceProcess, startProcess, untilReady } from './service-process.ts';

export const API_TOKEN = 'query-api-token-of-the-tests';

/** A call-metrics of its own process on free ports. */
export type CallMetricsProcess = ServiceProcess & Readonly<{ url: string; adminUrl: string }>;

const started: ServiceProcess[] = [];
// A test that fails half way must leave nothing behind.
afterAll(async () => {
  await Promise.all(started.map((service) => service.end('SIGKILL')));
});

/** Starts a process that ends with the test at the latest. */
export function startWithTest(
  entry: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): ServiceProcess {
  const service = startProcess(entry, environment, args);
  started.push(service);
  return service;
}

/** Runs `npm run rebuild -- --yes`, or with other arguments, and gives its exit code and what it said. */
export async function runRebuild(environment: Readonly<Record<string, string>>, args: readonly string[] = ['--yes']) {
  const run = startWithTest('services/call-metrics/rebuild/main.ts', environment, args);
  await eventually(() => run.child.exitCode !== null, {
    deadlineMs: 90_000,
    what: () => `the rebuild:\n${run.output()}`,
  });
  return { code: run.child.exitCode, output: run.output() };
}

/** Starts a call-metrics; with `ready` false it is not waited for. */
export async function startCallMetricsProcess(
  environment: Readonly<Record<string, string>>,
  { ready = true } = {},
): Promise<CallMetricsProcess> {
  const port = await freePort();
  const adminPort = await freePort();
  const service = startWithTest('services/call-metrics/main.ts', {
    CALL_METRICS_API_TOKENS: API_TOKEN,
    ...environment,
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
  });
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  if (ready) await untilReady(service, `${adminUrl}/readyz`);
  return { ...service, url: `http://127.0.0.1:${port}`, adminUrl };
}
