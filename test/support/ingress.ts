import { eventually } from './eventually.ts';
import { freePort, type ServiceProcess, startProcess, untilReady } from './service-process.ts';

/** An ingress of its own process on free ports. */
export type IngressProcess = ServiceProcess & Readonly<{ url: string; adminUrl: string }>;

/** Starts an ingress and waits until it is ready, or (as Kafka may be unavailable) only until it listens. */
export async function startIngressProcess(
  environment: Readonly<Record<string, string>>,
  until: 'ready' | 'listening' = 'ready',
): Promise<IngressProcess> {
  const port = await freePort();
  const adminPort = await freePort();
  const service = startProcess('services/ingress/main.ts', {
    ...environment,
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
  });
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  await untilReady(service, `${adminUrl}/${until === 'ready' ? 'readyz' : 'healthz'}`);
  if (until === 'listening') await eventually(() => service.output().includes('ingress-listening'));
  return { ...service, url: `http://127.0.0.1:${port}/webhooks/vxt`, adminUrl };
}

/** Settings of an ingress on this stack, with topics of its own in three partitions. */
export const ingressSettings = (
  { brokers, registryUrl }: Readonly<{ brokers: string; registryUrl: string }>,
  { prefix, token, deadlineMs }: Readonly<{ prefix: string; token: string; deadlineMs: number }>,
): Readonly<Record<string, string>> => ({
  KAFKA_BROKERS: brokers,
  SCHEMA_REGISTRY_URL: registryUrl,
  KAFKA_TOPIC_PREFIX: prefix,
  KAFKA_PARTITIONS: '3',
  VXT_WEBHOOK_TOKENS: token,
  PUBLISH_DEADLINE_MS: String(deadlineMs),
});
