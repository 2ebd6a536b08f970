/** The one door to prom-client. */
import { collectDefaultMetrics, Gauge, Registry, type RegistryContentType } from 'prom-client';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A registry with what every process tells: Node's own metrics (event loop lag, memory, garbage collection) and the build. */
export function createMetricsRegistry(service: string, version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const buildInfo = new Gauge({
    name: 'vxt_build_info',
    help: 'Always 1; the labels tell what runs.',
    labelNames: ['service', 'version', 'node'],
    registers: [registry],
  });
  buildInfo.set({ service, version, node: process.versions.node }, 1);
  return registry;
}

/** The text of all metrics: OpenMetrics where asked for, else Prometheus's own format. */
export async function renderMetrics(
  registry: Registry,
  openMetrics: boolean,
): Promise<Readonly<{ contentType: string; body: string }>> {
  const contentType = openMetrics ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;
  (registry as Registry<RegistryContentType>).setContentType(contentType);
  return { contentType, body: await registry.metrics() };
}
