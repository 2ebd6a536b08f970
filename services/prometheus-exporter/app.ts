import express, { type Express, type Response } from 'express';
import { internalProblem } from '../shared/http/internal-problem.ts';
import { sendProblem } from '../shared/http/problem.ts';
import { sendMetrics } from '../shared/http/send-metrics.ts';
import { type Registry, renderMetrics } from '../shared/observability/prometheus.ts';

/**
 * The exporter's paths. `/metrics` answers 503 until the table has been read to its end: a scrape that fails leaves a
 * gap, half a table would look like a reset. `waitsFor` says what keeps it from being served, or null. OpenMetrics is served to a scraper that asks for it.
 */
export function exporterApp(registry: Registry, waitsFor: () => string | null): Express {
  const app = express().disable('x-powered-by').disable('etag');
  const sendNotReady = (response: Response, detail: string): void =>
    sendProblem(response, { status: 503, title: 'Not ready', detail, headers: { 'retry-after': '5' } });
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });
  app.get('/readyz', (_request, response) => {
    const detail = waitsFor();
    if (detail === null) response.json({ status: 'ready' });
    else sendNotReady(response, detail);
  });
  app.get('/metrics', (_request, response, next) => {
    const detail = waitsFor();
    if (detail === null) next();
    else sendNotReady(response, detail);
  });
  app.get(
    '/metrics',
    sendMetrics((openMetrics) => renderMetrics(registry, openMetrics)),
  );
  app.use((_request, response) =>
    sendProblem(response, { status: 404, title: 'Not found', detail: 'The exporter serves /metrics' }),
  );
  app.use(internalProblem);
  return app;
}
