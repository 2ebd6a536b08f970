import type { Readiness } from '../../shared/http/admin-app.ts';
import type { Running } from '../../shared/lifecycle/host.ts';
import { createLogger, type Logger } from '../../shared/observability/logger.ts';
import { createMetricsRegistry, type Registry } from '../../shared/observability/prometheus.ts';
import { VERSION } from '../../shared/observability/version.ts';
import type { IngressConfig } from '../config.ts';
import { listenForWebhooks } from '../http/listen-for-webhooks.ts';
import { openTokenSource } from '../http/token-source.ts';
import { createIngressMetrics } from '../monitoring/ingress-metrics.ts';
import { openPipeline } from '../publishing/open-pipeline.ts';
import { isWorkerQuestion, type WorkerMessage } from './worker-messages.ts';

const REPORT_MS = 500;

/**
 * Starts one of several processes that share the port. It has its own lanes and spool, but no admin port: the primary
 * exposes its readiness and metrics.
 */
export async function startWorker(
  config: IngressConfig,
  slot: number,
  send: (message: WorkerMessage) => void,
): Promise<Running & { logger: Logger }> {
  const logger = createLogger('ingress', config.service.logLevel);
  const registry = createMetricsRegistry('ingress', VERSION);
  let readiness = (): Readiness => ({ ready: false, reasons: [`worker ${slot} is starting`] });
  const reports = reportToPrimary(send, registry, () => readiness());
  const tokens = openTokenSource(config.webhook, logger);
  const metrics = createIngressMetrics(registry);
  const pipeline = await openPipeline(config, { slot, workers: config.service.workers }, metrics, logger);
  const server = await listenForWebhooks(config, tokens.check, pipeline, metrics, logger);
  logger.info('ingress-listening', { host: config.service.host, port: server.port, worker: slot, pid: process.pid });
  readiness = pipeline.readiness;
  reports.now();

  return {
    logger,
    failed: new Promise(() => undefined),
    stop: async () => {
      readiness = () => ({ ready: false, reasons: [`worker ${slot} is stopping`] });
      await server.close(config.publish.deadlineMs + 1_000);
      const outcome = await pipeline.close();
      tokens.close();
      reports.end();
      return outcome;
    },
  };
}

/** Sends the readiness twice a second until it is ended, so that silence means a stalled process, and the metrics when asked. */
function reportToPrimary(
  send: (message: WorkerMessage) => void,
  registry: Registry,
  readiness: () => Readiness,
): Readonly<{ now: () => void; end: () => void }> {
  const now = () => send({ type: 'vxt-readiness', readiness: readiness() });
  const answer = async (question: unknown): Promise<void> => {
    if (!isWorkerQuestion(question)) return;
    const metrics = await registry.getMetricsAsJSON().catch(() => null);
    send({ type: 'vxt-metrics', metrics });
  };
  const timer = setInterval(now, REPORT_MS);
  process.on('message', answer);
  now();
  return {
    now,
    end: () => {
      clearInterval(timer);
      process.off('message', answer);
    },
  };
}
