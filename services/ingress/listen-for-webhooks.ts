import type { TokenCheck } from '../shared/http/bearer-tokens.ts';
import { expressMessages } from '../shared/http/express-messages.ts';
import { type Listening, listen } from '../shared/http/listen.ts';
import { ingressApp } from './app.ts';
import type { IngressConfig } from './config.ts';
import type { IngressMetrics } from './ingress-metrics.ts';
import type { Pipeline } from './open-pipeline.ts';

/** The public port: the app, with senders that are too slow timed out. */
export function listenForWebhooks(
  { service, webhook }: IngressConfig,
  checkToken: TokenCheck,
  { receive }: Pipeline,
  metrics: IngressMetrics,
): Promise<Listening> {
  const { bodyLimitBytes, authFailuresPerMinute, receiveTimeoutMs } = webhook;
  const app = ingressApp({ checkToken, receive, metrics, bodyLimitBytes, authFailuresPerMinute, now: Date.now });
  return listen(
    app,
    { host: service.host, port: service.port, portVariable: 'PORT' },
    {
      ...expressMessages(app),
      requestTimeout: receiveTimeoutMs,
      headersTimeout: Math.min(receiveTimeoutMs, 10_000),
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 75_000,
    },
  );
}
