/** The one door to prom-client. */
import {
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type HistogramConfiguration,
  Registry,
  type RegistryContentType,
} from 'prom-client';

export { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Gauges of prom-client that end in `_total`, as only counters may. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** A registry with what every process tells: Node's own metrics (event loop lag, memory, garbage collection) and the build. */
export function createMetricsRegistry(service: string, version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  const buildInfo = new Gauge({
    name: 'vxt_build_info',
    help: 'Always 1; the labels tell what runs.',
    labelNames: ['service', 'version', 'node'],
    aggregator: 'first',
    registers: [registry],
  });
  buildInfo.set({ service, version, node: process.versions.node }, 1);
  return registry;
}

/** A histogram that keeps an exemplar for each bucket, of the last observation that has one. prom-client makes it only where the registry is set to OpenMetrics just then. */
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

/** Renderings of a registry, one after the other: prom-client keeps the format in the registry. */
const renderings = new WeakMap<Registry, Promise<unknown>>();

/** The text of all metrics: OpenMetrics where asked for, else Prometheus's own format. */
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

/** prom-client 15.1.3 takes `_total` off the names of counters for OpenMetrics and never puts it back: so it is put back here. */
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
