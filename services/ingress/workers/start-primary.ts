import type { Cluster } from 'node:cluster';
import { adminApp } from '../../shared/http/admin-app.ts';
import { listen } from '../../shared/http/listen.ts';
import { type Running, STOP_WITHIN_MS } from '../../shared/lifecycle/host.ts';
import { runLater } from '../../shared/lifecycle/run-later.ts';
import { createLogger, type Logger } from '../../shared/observability/logger.ts';
import type { IngressConfig } from '../config.ts';
import { forkWorker } from './forked-worker.ts';
import { type KeptWorker, keepWorker } from './keep-worker.ts';
import { createWorkersMetrics } from './workers-metrics.ts';
import { readinessOf } from './workers-readiness.ts';

/** The variable that tells a worker its slot. */
export const SLOT_VARIABLE = 'INGRESS_WORKER_SLOT';

/** Time for the primary itself, once the last worker has ended. */
const MARGIN_MS = 2_000;

/**
 * Starts INGRESS_WORKERS processes that share the port, and the admin port for all of them. A worker that ends is replaced, and the others go on. Only
 * where every worker ended by itself before any of them listened does the whole fail: the settings are wrong then, and the next ones would fail too.
 */
export async function startPrimary(config: IngressConfig, cluster: Cluster): Promise<Running & { logger: Logger }> {
  const { host, adminPort = 9101, logLevel, workers: slots } = config.service;
  const logger = createLogger('ingress', logLevel);
  const failed = Promise.withResolvers<Error>();
  const failedToStart = new Set<number>();
  let oneListened = false;
  let workers: readonly KeptWorker[] = [];

  const metrics = createWorkersMetrics(() => workers);
  const readiness = () => readinessOf(workers.map((worker) => worker.state()));
  const admin = await listen(adminApp(metrics.render, readiness), {
    host,
    port: adminPort,
    portVariable: 'ADMIN_PORT',
  });
  workers = Array.from({ length: slots }, (_, slot) =>
    keepWorker({
      slot,
      fork: (events) => forkWorker(cluster, { [SLOT_VARIABLE]: String(slot) }, events),
      logger,
      onListening: () => {
        oneListened = true;
      },
      onEnded: ({ code }, counted) => {
        if (counted !== null) metrics.retire(counted);
        if (oneListened || code === null || code === 0) return;
        failedToStart.add(slot);
        if (failedToStart.size === slots) failed.resolve(new Error('No worker could start; their errors are above'));
      },
      nowMs: () => performance.now(),
      later: runLater,
      stopWithinMs: STOP_WITHIN_MS - MARGIN_MS,
    }),
  );

  return {
    logger,
    failed: failed.promise,
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await admin.close(0);
    },
  };
}
