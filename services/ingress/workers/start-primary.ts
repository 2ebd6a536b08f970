import type { Cluster, Worker } from 'node:cluster';
import { once } from 'node:events';
import { adminApp, type Readiness } from '../../shared/http/admin-app.ts';
import { listen } from '../../shared/http/listen.ts';
import type { Running } from '../../shared/lifecycle/host.ts';
import { createLogger, type Logger } from '../../shared/observability/logger.ts';
import { AggregatorRegistry } from '../../shared/observability/prometheus.ts';
import type { IngressConfig } from '../config.ts';
import type { WorkerMessage } from './start-worker.ts';

const REPLACE_MS = 1_000;

/** The variable that tells a worker its slot. */
export const SLOT_VARIABLE = 'INGRESS_WORKER_SLOT';

type Slot = { worker: Worker; readiness: Readiness };

/**
 * Starts INGRESS_WORKERS processes that share the port, and the admin port for all of them. A worker that ends is
 * replaced; one that ends before it was ever ready fails the whole, as the next would too.
 */
export async function startPrimary(config: IngressConfig, cluster: Cluster): Promise<Running & { logger: Logger }> {
  const logger = createLogger('ingress', config.service.logLevel);
  const slots = new Map<number, Slot>();
  const failed = Promise.withResolvers<Error>();
  let stopping = false;

  const fork = (slot: number): void => {
    const worker = cluster.fork({ [SLOT_VARIABLE]: String(slot) });
    const state: Slot = { worker, readiness: { ready: false, reasons: [`worker ${slot} is starting`] } };
    let wasReady = false;
    slots.set(slot, state);
    worker.on('message', (message: WorkerMessage) => {
      if (message.type !== 'vxt-readiness') return;
      state.readiness = message.readiness;
      wasReady ||= message.readiness.ready;
    });
    worker.once('exit', (code, signal) => {
      state.readiness = { ready: false, reasons: [`worker ${slot} ended`] };
      if (stopping) return;
      logger.error('worker-ended', { worker: slot, reason: signal ?? `exit code ${code}` });
      if (wasReady) setTimeout(() => !stopping && fork(slot), REPLACE_MS);
      else failed.resolve(new Error(`Worker ${slot} could not start; its error is above`));
    });
  };
  for (let slot = 0; slot < config.service.workers; slot += 1) fork(slot);

  const aggregate = new AggregatorRegistry();
  const metrics = async () => ({ contentType: aggregate.contentType, body: await aggregate.clusterMetrics() });
  const { host, adminPort = 9101 } = config.service;
  const admin = await listen(
    adminApp(metrics, () => allOf([...slots.values()])),
    { host, port: adminPort, portVariable: 'ADMIN_PORT' },
  );

  return {
    logger,
    failed: failed.promise,
    stop: async () => {
      stopping = true;
      await Promise.all([...slots.values()].map(({ worker }) => end(worker)));
      await admin.close(0);
    },
  };
}

function allOf(slots: readonly Slot[]): Readiness {
  const reasons = slots.flatMap(({ readiness }) => (readiness.ready ? [] : readiness.reasons));
  return reasons.length === 0 ? { ready: true } : { ready: false, reasons };
}

async function end(worker: Worker): Promise<void> {
  if (worker.isDead()) return;
  const ended = once(worker, 'exit');
  worker.process.kill('SIGTERM');
  await ended;
}
