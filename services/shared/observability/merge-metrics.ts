import { AggregatorRegistry, Registry } from './prometheus.ts';

/** All metrics of a process at one moment. They can be sent to another process as JSON. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** Merges the metrics of several processes, each as its `aggregator` says: counters and histograms are summed. */
const mergeSnapshots = (snapshots: readonly MetricsSnapshot[]): Registry =>
  AggregatorRegistry.aggregate([...snapshots]);

/** The merged metrics as text, in Prometheus's own format. */
export async function renderMerged(
  snapshots: readonly MetricsSnapshot[],
): Promise<Readonly<{ contentType: string; body: string }>> {
  return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, body: await mergeSnapshots(snapshots).metrics() };
}

/** The merged counters and histograms, without gauges: these stay valid after a process has ended. */
export async function mergedCounters(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  const all = await mergeSnapshots(snapshots).getMetricsAsJSON();
  return all.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
}
