/** The one door to prom-client. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

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
