import type { Metric, Registry } from 'prom-client';
import type { HistogramSample, Sample } from './sample.ts';

type Definition<S> = Readonly<{ name: string; help: string; read: () => readonly S[] }>;

/**
 * Metrics whose values are totals kept elsewhere, read at the scrape: prom-client's own counters and histograms can
 * only be moved, not set. Registered like any other metric.
 */
export function registerAbsoluteMetric(
  registry: Registry,
  type: 'counter' | 'gauge',
  { name, help, read }: Definition<Sample>,
): void {
  register(registry, { name, help, type, values: () => read().map(({ labels, value }) => ({ labels, value })) });
}

export function registerAbsoluteHistogram(registry: Registry, { name, help, read }: Definition<HistogramSample>): void {
  register(registry, {
    name,
    help,
    type: 'histogram',
    values: () => read().flatMap((sample) => histogramValues(name, sample)),
  });
}

function histogramValues(name: string, { labels, bounds, counts, sum }: HistogramSample) {
  let cumulative = 0;
  const buckets = counts.map((count, bucket) => {
    cumulative += count;
    const le = bounds[bucket] === undefined ? '+Inf' : String(bounds[bucket]);
    return { labels: { le, ...labels }, value: cumulative, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: cumulative, metricName: `${name}_count` },
  ];
}

type Custom = Readonly<{ name: string; help: string; type: string; values: () => readonly object[] }>;

/** A custom collector: what prom-client's registry asks of a metric is a name and `get`. */
function register(registry: Registry, { name, help, type, values }: Custom): void {
  const collector = {
    name,
    help,
    type,
    aggregator: 'max',
    // The name is read each time, as prom-client changes it for OpenMetrics.
    get: async () => ({ name: collector.name, help, type, aggregator: 'max', values: values() }),
  };
  registry.registerMetric(collector as unknown as Metric);
}
