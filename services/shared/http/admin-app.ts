import express, { type Express } from 'express';
import { internalProblem } from './internal-problem.ts';
import { sendProblem } from './problem.ts';
import { type RenderMetrics, sendMetrics } from './send-metrics.ts';

/** Whether the service can do its work now; if not, why, in words without secrets or personal data. */
export type Readiness = Readonly<{ ready: true } | { ready: false; reasons: readonly string[] }>;

/** The admin paths every service has: alive, ready, metrics. Not meant for the internet. */
export function adminApp(metrics: RenderMetrics, readiness: () => Readiness): Express {
  const app = express().disable('x-powered-by');
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });
  app.get('/readyz', (_request, response) => {
    const state = readiness();
    if (state.ready) response.json({ status: 'ready' });
    else sendProblem(response, { status: 503, title: 'Not ready', detail: state.reasons.join('; ') });
  });
  app.get('/metrics', sendMetrics(metrics));
  app.use((_request, response) => sendProblem(response, { status: 404, title: 'Not found' }));
  app.use(internalProblem);
  return app;
}
