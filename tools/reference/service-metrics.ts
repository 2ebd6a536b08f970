import { createProjectionMetrics } from '../../services/call-metrics/monitoring/projection-metrics.ts';
import { createIngressMetrics } from '../../services/ingress/monitoring/ingress-metrics.ts';
import { createWorkersMetrics } from '../../services/ingress/workers/workers-metrics.ts';
import {
  createUndecodableCounter,
  exposeReader,
  registerCallMetrics,
} from '../../services/prometheus-exporter/exporter-metrics.ts';
import type { TableReader } from '../../services/shared/kafka/table-reader/table-reader.ts';
import { countKafkaErrors, countRegistryErrors } from '../../services/shared/observability/dependency-errors.ts';
import { createMetricsRegistry, type Registry } from '../../services/shared/observability/prometheus.ts';
import { VERSION } from '../../services/shared/observability/version.ts';
import { idlePublisher, idleSources, idleSpools } from './idle-sources.ts';
import { sampleExposition } from './sample-exposition.ts';

/** `known`: the values that a label has from the start; empty where they depend on the installation or on the traffic. */
export type Label = Readonly<{ label: string; known: readonly string[] }>;
export type MetricDefinition = Readonly<{ name: string; help: string; type: string; labels: readonly Label[] }>;

/** The metrics that every service has, and those of each, by name. */
export async function serviceMetrics() {
  const all = {
    exporter: await definitionsIn(exporterRegistry()),
    ingress: [...(await definitionsIn(ingressRegistry())), await workersReady()].sort(byName),
    callMetrics: await definitionsIn(callMetricsRegistry()),
  };
  const common = new Set(
    all.exporter.map(({ name }) => name).filter((name) => all.ingress.some((other) => other.name === name)),
  );
  const own = (metrics: readonly MetricDefinition[]) => metrics.filter(({ name }) => !common.has(name));
  return {
    everyService: all.exporter.filter(({ name }) => common.has(name)),
    exporter: own(all.exporter),
    ingress: own(all.ingress),
    callMetrics: own(all.callMetrics),
  };
}

/* Each registry is filled by the functions that fill it in the service, with sources that are idle or hold samples. */

function exporterRegistry(): Registry {
  const registry = createMetricsRegistry('prometheus-exporter', VERSION);
  registerCallMetrics(registry, () => sampleExposition, true);
  createUndecodableCounter(registry);
  const reader: Pick<TableReader, 'lag'> = { lag: () => 0 };
  exposeReader(registry, reader as TableReader, () => 0);
  countKafkaErrors(registry);
  countRegistryErrors(registry);
  return registry;
}

function ingressRegistry(): Registry {
  const registry = createMetricsRegistry('ingress', VERSION);
  const metrics = createIngressMetrics(registry);
  metrics.exposePublisher(idlePublisher);
  metrics.exposeSpool(idleSpools);
  countRegistryErrors(registry);
  return registry;
}

function callMetricsRegistry(): Registry {
  const registry = createMetricsRegistry('call-metrics', VERSION);
  createProjectionMetrics(registry, [], []).registerGauges(idleSources);
  countKafkaErrors(registry);
  countRegistryErrors(registry);
  return registry;
}

/** The primary process of several workers registers one metric of its own, which only its rendered text shows. */
async function workersReady(): Promise<MetricDefinition> {
  const { body } = await createWorkersMetrics(() => []).render();
  const [, name = '', help = ''] = /^# HELP (\S+) (.*)$/m.exec(body) ?? [];
  const [, type = ''] = /^# TYPE \S+ (\S+)$/m.exec(body) ?? [];
  return { name, help, type, labels: [] };
}

type Registered = Readonly<{ labelNames?: readonly string[] }>;

async function definitionsIn(registry: Registry): Promise<readonly MetricDefinition[]> {
  const named = new Map(registry.getMetricsAsArray().map((metric) => [metric.name, metric as Registered]));
  const metrics = await registry.getMetricsAsJSON();
  return metrics
    .filter(({ name }) => name.startsWith('vxt_'))
    .map(({ name, help, type, values }) => {
      const samples = values.map(({ labels }) => labels as Readonly<Record<string, string | number | undefined>>);
      const declared = named.get(name)?.labelNames ?? [];
      const labels = new Set([...declared, ...samples.flatMap((sample) => Object.keys(sample))]);
      labels.delete('le');
      return {
        name,
        help,
        type: String(type),
        labels: [...labels].map((label) => ({ label, known: known(label, samples) })),
      };
    })
    .sort(byName);
}

/** Labels whose values here are those of the samples, or of this machine. */
const OPEN_LABELS: ReadonlySet<string> = new Set(['user_uid', 'user', 'service', 'version', 'node']);

const known = (label: string, samples: readonly Readonly<Record<string, unknown>>[]): readonly string[] =>
  OPEN_LABELS.has(label)
    ? []
    : [...new Set(samples.flatMap((sample) => (label in sample ? [String(sample[label])] : [])))];

const byName = (a: MetricDefinition, b: MetricDefinition): number => (a.name < b.name ? -1 : 1);
