import type { MetricsSnapshot } from '../../../services/shared/observability/merge-metrics.ts';
import { Counter, Gauge, Registry } from '../../../services/shared/observability/prometheus.ts';

/** The metrics that a worker reports which took so many webhooks and has as many queued. */
export async function snapshotOf(webhooks: number): Promise<MetricsSnapshot> {
  const registry = new Registry();
  new Counter({ name: 'vxt_webhooks_total', help: 'x', registers: [registry] }).inc(webhooks);
  new Gauge({ name: 'vxt_publish_queue_records', help: 'x', registers: [registry] }).set(webhooks);
  return registry.getMetricsAsJSON();
}
