import { adminApp } from '../shared/http/admin-app.ts';
import { listen } from '../shared/http/listen.ts';
import type { Running } from '../shared/lifecycle/host.ts';
import { createLogger, type Logger } from '../shared/observability/logger.ts';
import { createMetricsRegistry, renderMetrics } from '../shared/observability/prometheus.ts';
import { VERSION } from '../shared/observability/version.ts';
import type { IngressConfig } from './config.ts';
import { createIngressMetrics } from './ingress-metrics.ts';
import { listenForWebhooks } from './listen-for-webhooks.ts';
import { openPipeline } from './open-pipeline.ts';
import { openTokenSource } from './token-source.ts';

/**
 * Starts the ingress in this process and resolves once it listens: with a spool at once, else once topics and schemas are there. Rejects with an error that says
 * what is wrong and what to do.
 */
export async function startIngress(
  config: IngressConfig,
): Promise<Running & { logger: Logger; port: number; adminPort: number }> {
  const { service, webhook, publish } = config;
  const logger = createLogger('ingress', service.logLevel);
  const tokens = openTokenSource(webhook, logger);
  const registry = createMetricsRegistry('ingress', VERSION);
  const metrics = createIngressMetrics(registry);
  const pipeline = await openPipeline(config, { slot: 0, workers: 1 }, metrics, logger);

  const { host, adminPort = 9101 } = service;
  const admin = await listen(
    adminApp((openMetrics) => renderMetrics(registry, openMetrics), pipeline.readiness),
    {
      host,
      port: adminPort,
      portVariable: 'ADMIN_PORT',
    },
  );
  const server = await listenForWebhooks(config, tokens.check, pipeline, metrics, logger);
  logger.info('ingress-listening', { host, port: server.port });
  return {
    logger,
    port: server.port,
    adminPort: admin.port,
    failed: new Promise(() => undefined),
    stop: async () => {
      await server.close(publish.deadlineMs + 1_000);
      const outcome = await pipeline.close();
      tokens.close();
      await admin.close(0);
      return outcome;
    },
  };
}
