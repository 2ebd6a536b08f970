import type { Readiness } from '../../shared/http/admin-app.ts';
import type { Running } from '../../shared/lifecycle/host.ts';
import { createLogger, type Logger } from '../../shared/observability/logger.ts';
import { AggregatorRegistry, createMetricsRegistry } from '../../shared/observability/prometheus.ts';
import { VERSION } from '../../shared/observability/version.ts';
import type { IngressConfig } from '../config.ts';
import { createIngressMetrics } from '../ingress-metrics.ts';
import { listenForWebhooks } from '../listen-for-webhooks.ts';
import { openPipeline } from '../open-pipeline.ts';
import { openTokenSource } from '../token-source.ts';

/** What a worker tells the primary, twice a second. */
export type WorkerMessage = Readonly<{ type: 'vxt-readiness'; readiness: Readiness }>;

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
  const tokens = openTokenSource(config.webhook, logger);
  const registry = createMetricsRegistry('ingress', VERSION);
  AggregatorRegistry.setRegistries([registry]);
  new AggregatorRegistry(); // It answers what the primary asks.
  const metrics = createIngressMetrics(registry);
  const pipeline = await openPipeline(config, { slot, workers: config.service.workers }, metrics, logger);
  const server = await listenForWebhooks(config, tokens.check, pipeline, metrics);
  logger.info('ingress-listening', { host: config.service.host, port: server.port, worker: slot, pid: process.pid });

  const telling = setInterval(() => tell({ type: 'vxt-readiness', readiness: pipeline.readiness() }), TELL_MS);
  tell({ type: 'vxt-readiness', readiness: pipeline.readiness() });
  return {
    logger,
    failed: new Promise(() => undefined),
    stop: async () => {
      await server.close(config.publish.deadlineMs + 1_000);
      await pipeline.close();
      tokens.close();
      clearInterval(telling);
    },
  };
}
