import { type MetricsSnapshot, mergedCounters, renderMerged } from '../../shared/observability/merge-metrics.ts';
import { Gauge, Registry } from '../../shared/observability/prometheus.ts';
import type { KeptWorker } from './keep-worker.ts';

/** The metrics of all workers as one. */
export type WorkersMetrics = Readonly<{
  /** A worker has ended: what it counted stays counted, so that no total falls. */
  retire: (counted: MetricsSnapshot) => void;
  /** Text within 1 s or little more: of a worker that does not answer, what it last told. */
  render: () => ReturnType<typeof renderMerged>;
}>;

export function createWorkersMetrics(workers: () => readonly KeptWorker[]): WorkersMetrics {
  const own = new Registry();
  new Gauge({
    name: 'vxt_ingress_workers_ready',
    help: 'Worker processes that would take a webhook now, of INGRESS_WORKERS.',
    registers: [own],
    collect() {
      const states = workers().map((worker) => worker.state());
      this.set(states.filter((state) => state.kind === 'present' && state.readiness.ready).length);
    },
  });
  let retired: Promise<MetricsSnapshot> = Promise.resolve([]);

  return {
    retire: (counted) => {
      retired = retired.then((before) => mergedCounters([before, counted]).catch(() => before));
    },
    render: async () => {
      await Promise.all(workers().map((worker) => worker.ask()));
      // Both at the same moment: a worker that ends is in one of them, and never in both.
      const ended = retired;
      const living = workers().map((worker) => worker.lastKnown() ?? []);
      return renderMerged([await ended, await own.getMetricsAsJSON(), ...living]);
    },
  };
}
