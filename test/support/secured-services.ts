import { eventually } from './eventually.ts';
import { freePort, type ServiceProcess, startProcess, untilReady } from './service-process.ts';
import { callWebhook, postWebhook } from './webhooks.ts';

export const WEBHOOK_TOKEN = 'webhook-token-of-the-tests';
export const QUERY_TOKEN = 'query-api-token-of-the-tests';

export const serviceNames = ['ingress', 'call-metrics', 'prometheus-exporter'] as const;
export type ServiceName = (typeof serviceNames)[number];

export type SecuredService = ServiceProcess & Readonly<{ port: number; adminPort: number }>;

const started: ServiceProcess[] = [];

/** Everything the services of this test file said so far. */
export const allOutput = (): string => started.map((service) => service.output()).join('\n');

/** Ends what a test left behind. */
export async function endServices(): Promise<void> {
  await Promise.all(started.map((service) => service.end('SIGKILL')));
}

/** Starts a service on free ports; it is not waited for. */
export const startService = (
  name: ServiceName,
  environment: Readonly<Record<string, string>>,
): Promise<SecuredService> => startProgram(`services/${name}/main.ts`, environment);

/** The same for any program of the services. */
export async function startProgram(
  entry: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<SecuredService> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const settings = {
    VXT_WEBHOOK_TOKENS: WEBHOOK_TOKEN,
    CALL_METRICS_API_TOKENS: QUERY_TOKEN,
    LOG_LEVEL: 'trace',
    ...environment,
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
  };
  const service = startProcess(entry, settings, args);
  started.push(service);
  return { ...service, port, adminPort };
}

/** Runs a program to its end, and gives its exit code and all it said. */
export async function runToEnd(
  entry: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
) {
  const run = startProcess(entry, environment, args);
  started.push(run);
  await untilEnded(run);
  return { code: run.child.exitCode, output: run.output() };
}

export const untilEnded = (run: ServiceProcess): Promise<boolean> =>
  eventually(() => run.child.exitCode !== null, {
    deadlineMs: 90_000,
    what: () => `the end of it; it said:\n${run.output()}`,
  });

/** A webhook goes in, and comes out as a counter; then the services stop in order. `environmentOf` gives each its settings, `look` sees them before they stop. */
export async function passEndToEnd(
  uid: string,
  environmentOf: (service: ServiceName) => Readonly<Record<string, string>>,
  look: (running: Readonly<Record<ServiceName, SecuredService>>) => Promise<void> = async () => undefined,
): Promise<void> {
  const [ingress, callMetrics, exporter] = await Promise.all(
    serviceNames.map((service) => startService(service, environmentOf(service))),
  );
  if (!ingress || !callMetrics || !exporter) throw new Error('three services');
  await untilReady(ingress, `http://127.0.0.1:${ingress.adminPort}/readyz`);
  const status = await postWebhook(
    `http://127.0.0.1:${ingress.port}/webhooks/vxt`,
    WEBHOOK_TOKEN,
    callWebhook(`call-of-${uid}`, uid),
  );
  if (status !== 202) throw new Error(`The webhook was answered ${status}:\n${ingress.output()}`);
  await untilReady(callMetrics, `http://127.0.0.1:${callMetrics.adminPort}/readyz`);
  const line = `vxt_calls_total{user_uid="${uid}",direction="inbound",result="missed"} 1`;
  await eventually(
    async () => {
      const response = await fetch(`http://127.0.0.1:${exporter.port}/metrics`).catch(() => null);
      return (await response?.text())?.split('\n').includes(line);
    },
    { deadlineMs: 60_000, what: () => `${line}\n${[callMetrics, exporter].map((one) => one.output()).join('\n')}` },
  );
  await look({ ingress, 'call-metrics': callMetrics, 'prometheus-exporter': exporter });
  const codes = await Promise.all([ingress, callMetrics, exporter].map((service) => service.end()));
  if (codes.some((code) => code !== 0)) throw new Error(`Exit codes ${codes.join(', ')}`);
}
