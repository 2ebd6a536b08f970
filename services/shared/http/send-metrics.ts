import type { RequestHandler } from 'express';

/** Renders metrics: in OpenMetrics where that is asked for and can be had, else in Prometheus's own format. */
export type RenderMetrics = (openMetrics: boolean) => Promise<Readonly<{ contentType: string; body: string }>>;

/** Answers a scrape in the format that the scraper asks for. */
export const sendMetrics =
  (render: RenderMetrics): RequestHandler =>
  async (request, response) => {
    const openMetrics = request.headers.accept?.includes('application/openmetrics-text') ?? false;
    const { contentType, body } = await render(openMetrics);
    response.setHeader('content-type', contentType);
    response.end(body);
  };
