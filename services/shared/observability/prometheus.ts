/** All use of prom-client goes through this module. */
import {
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type HistogramConfiguration,
  Registry,
  type RegistryContentType,
} from 'prom-client';

export { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Gauges of prom-client whose names end in `_total`, which is reserved for counters. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** A registry with the metrics that every process exposes: Node's own (event loop lag, memory, garbage collection) and the build. */
export function createMetricsRegistry(service: string, version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  const buildInfo = new Gauge({
    name: 'vxt_build_info',
    help: 'Always 1; the labels say what is running.',
    labelNames: ['service', 'version', 'node'],
    aggregator: 'first',
    registers: [registry],
  });
  buildInfo.set({ service, version, node: process.versions.node }, 1);
  return registry;
}

/** A histogram that keeps the latest exemplar of each bucket. prom-client can create one only while the registry is set to OpenMetrics. */
export function createHistogramWithExemplars(
  registry: Registry,
  configuration: Omit<HistogramConfiguration<string>, 'registers' | 'enableExemplars'>,
): Histogram {
  const { contentType } = registry;
  (registry as Registry<RegistryContentType>).setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  try {
    return new Histogram({ ...configuration, enableExemplars: true, registers: [registry] });
  } finally {
    registry.setContentType(contentType);
  }
}

/** The last rendering of each registry. Renderings run one after the other, because prom-client stores the format in the registry. */
const renderings = new WeakMap<Registry, Promise<unknown>>();

/** The text of all metrics, in OpenMetrics or in Prometheus's own format. */
export function renderMetrics(
  registry: Registry,
  openMetrics: boolean,
): Promise<Readonly<{ contentType: string; body: string }>> {
  const before = renderings.get(registry) ?? Promise.resolve();
  const rendering = before.then(() => render(registry, openMetrics));
  renderings.set(
    registry,
    rendering.catch(() => undefined),
  );
  return rendering;
}

/** prom-client 15.1.3 removes `_total` from the names of counters for OpenMetrics and never restores it, so it is restored here. */
async function render(
  registry: Registry,
  openMetrics: boolean,
): Promise<Readonly<{ contentType: string; body: string }>> {
  const contentType = openMetrics ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;
  const named = (registry.getMetricsAsArray() as unknown as { name: string }[]).map(
    (metric) => [metric, metric.name] as const,
  );
  (registry as Registry<RegistryContentType>).setContentType(contentType);
  try {
    return { contentType, body: await registry.metrics() };
  } finally {
    for (const [metric, name] of named) metric.name = name;
  }
}
