import { freePort, type ServiceProcess, startProcess, untilReady } from './service-process.ts';

export const API_TOKEN = 'query-api-token-of-the-tests';

/** A call-metrics of its own process on free ports. */
export type CallMetricsProcess = ServiceProcess & Readonly<{ url: string; adminUrl: string }>;

/** Starts a call-metrics; with `ready` false it is not waited for. */
export async function startCallMetricsProcess(
  environment: Readonly<Record<string, string>>,
  { ready = true } = {},
): Promise<CallMetricsProcess> {
  const port = await freePort();
  const adminPort = await freePort();
  const service = startProcess('services/call-metrics/main.ts', {
    CALL_METRICS_API_TOKENS: API_TOKEN,
    ...environment,
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
  });
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  if (ready) await untilReady(service, `${adminUrl}/readyz`);
  return { ...service, url: `http://127.0.0.1:${port}`, adminUrl };
}
