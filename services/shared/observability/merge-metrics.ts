import { AggregatorRegistry, Registry } from './prometheus.ts';

/** All metrics of a process at one moment; it can be sent to another process as JSON. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The metrics of several processes as one, each by its own way to put values together: counters and histograms are summed. */
const merged = (snapshots: readonly MetricsSnapshot[]): Registry => AggregatorRegistry.aggregate([...snapshots]);

/** As text, in Prometheus's own format. */
export async function renderMerged(
  snapshots: readonly MetricsSnapshot[],
): Promise<Readonly<{ contentType: string; body: string }>> {
  return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, body: await merged(snapshots).metrics() };
}

/** What a process has counted, which stays counted once it has ended. */
export async function mergedCounters(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  const all = await merged(snapshots).getMetricsAsJSON();
  return all.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
}
