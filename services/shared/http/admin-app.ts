import express, { type Express } from 'express';
import { internalProblem } from './internal-problem.ts';
import { sendProblem } from './problem.ts';

/** Whether the service can do its work now; if not, why, in words without secrets or personal data. */
export type Readiness = Readonly<{ ready: true } | { ready: false; reasons: readonly string[] }>;

/** Metrics that can be rendered: of a registry, or of those of several processes. */
type RenderedMetrics = Readonly<{ contentType: string; metrics: () => Promise<string> }>;

/** The admin paths every service has: alive, ready, metrics. Not meant for the internet. */
export function adminApp(metrics: RenderedMetrics, readiness: () => Readiness): Express {
  const app = express().disable('x-powered-by');
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });
  app.get('/readyz', (_request, response) => {
    const state = readiness();
    if (state.ready) response.json({ status: 'ready' });
    else sendProblem(response, { status: 503, title: 'Not ready', detail: state.reasons.join('; ') });
  });
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.metrics());
  });
  app.use((_request, response) => sendProblem(response, { status: 404, title: 'Not found' }));
  app.use(internalProblem);
  return app;
}
