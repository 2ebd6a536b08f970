import type { Readiness } from '../../shared/http/admin-app.ts';
import type { Running } from '../../shared/lifecycle/host.ts';
import { createLogger, type Logger } from '../../shared/observability/logger.ts';
import { createMetricsRegistry, type Registry } from '../../shared/observability/prometheus.ts';
import { VERSION } from '../../shared/observability/version.ts';
import type { IngressConfig } from '../config.ts';
import { createIngressMetrics } from '../ingress-metrics.ts';
import { listenForWebhooks } from '../listen-for-webhooks.ts';
import { openPipeline } from '../open-pipeline.ts';
import { openTokenSource } from '../token-source.ts';
import { isWorkerQuestion, type WorkerMessage } from './worker-messages.ts';

const TELL_MS = 500;

/**
 * Starts one of several processes that share the port. It has lanes and a spool of its own, and no admin port: the
 * primary tells its readiness and its metrics.
 */
export async function startWorker(
  config: IngressConfig,
  slot: number,
  tell: (message: WorkerMessage) => void,
): Promise<Running & { logger: Logger }> {
  const logger = createLogger('ingress', config.service.logLevel);
  const registry = createMetricsRegistry('ingress', VERSION);
  let readiness = (): Readiness => ({ ready: false, reasons: [`worker ${slot} is starting`] });
  const telling = tellThePrimary(tell, registry, () => readiness());
  const tokens = openTokenSource(config.webhook, logger);
  const metrics = createIngressMetrics(registry);
  const pipeline = await openPipeline(config, { slot, workers: config.service.workers }, metrics, logger);
  const server = await listenForWebhooks(config, tokens.check, pipeline, metrics, logger);
  logger.info('ingress-listening', { host: config.service.host, port: server.port, worker: slot, pid: process.pid });
  readiness = pipeline.readiness;
  telling.now();

  return {
    logger,
    failed: new Promise(() => undefined),
    stop: async () => {
      readiness = () => ({ ready: false, reasons: [`worker ${slot} is stopping`] });
      await server.close(config.publish.deadlineMs + 1_000);
      const outcome = await pipeline.close();
      tokens.close();
      telling.end();
      return outcome;
    },
  };
}

/** Tells the readiness twice a second from the first moment to the last, so that silence means standing still, and the metrics when asked. */
function tellThePrimary(
  tell: (message: WorkerMessage) => void,
  registry: Registry,
  readiness: () => Readiness,
): Readonly<{ now: () => void; end: () => void }> {
  const now = () => tell({ type: 'vxt-readiness', readiness: readiness() });
  const answer = async (question: unknown): Promise<void> => {
    if (!isWorkerQuestion(question)) return;
    const metrics = await registry.getMetricsAsJSON().catch(() => null);
    tell({ type: 'vxt-metrics', metrics });
  };
  const telling = setInterval(now, TELL_MS);
  process.on('message', answer);
  now();
  return {
    now,
    end: () => {
      clearInterval(telling);
      process.off('message', answer);
    },
  };
}
