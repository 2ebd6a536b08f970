import { type MetricsSnapshot, mergedCounters, renderMerged } from '../../shared/observability/merge-metrics.ts';
import { Gauge, Registry } from '../../shared/observability/prometheus.ts';
import type { SupervisedWorker } from './supervise-worker.ts';

/** The combined metrics of all workers. */
export type WorkersMetrics = Readonly<{
  /** A worker has ended: its counts stay in the totals, so that no counter falls. */
  retire: (lastMetrics: MetricsSnapshot) => void;
  /** Resolves within little more than 1 s, with the last known metrics of workers that do not answer. */
  render: () => ReturnType<typeof renderMerged>;
}>;

export function createWorkersMetrics(workers: () => readonly SupervisedWorker[]): WorkersMetrics {
  const own = new Registry();
  new Gauge({
    name: 'vxt_ingress_workers_ready',
    help: 'Worker processes that would accept a webhook now, out of INGRESS_WORKERS.',
    registers: [own],
    collect() {
      const states = workers().map((worker) => worker.state());
      this.set(states.filter((state) => state.kind === 'present' && state.readiness.ready).length);
    },
  });
  let retired: Promise<MetricsSnapshot> = Promise.resolve([]);

  return {
    retire: (lastMetrics) => {
      retired = retired.then((before) => mergedCounters([before, lastMetrics]).catch(() => before));
    },
    render: async () => {
      await Promise.all(workers().map((worker) => worker.refreshMetrics()));
      // Taken at the same moment, so that a worker that has just ended is in exactly one of them.
      const ended = retired;
      const running = workers().map((worker) => worker.metrics() ?? []);
      return renderMerged([await ended, await own.getMetricsAsJSON(), ...running]);
    },
  };
}
