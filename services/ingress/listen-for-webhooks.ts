import type { TokenCheck } from '../shared/http/bearer-tokens.ts';
import { expressMessages } from '../shared/http/express-messages.ts';
import { type Listening, listen } from '../shared/http/listen.ts';
import type { Logger } from '../shared/observability/logger.ts';
import type { IngressConfig } from './config.ts';
import { outcomeOfRefusal } from './http/answers.ts';
import { ingressApp } from './http/app.ts';
import { createRefusedTokensLog } from './http/refused-tokens-log.ts';
import type { IngressMetrics } from './ingress-metrics.ts';
import type { Pipeline } from './open-pipeline.ts';
import { reportInternalErrors } from './report-internal-errors.ts';

/** The most bytes of bodies that a process receives at the same time: as much again waits for Kafka at most, by default. */
const RECEIVING_BYTES = 64 * 1024 * 1024;

/** The public port: the app, with senders that are too slow timed out. */
export async function listenForWebhooks(
  { service, webhook }: IngressConfig,
  checkToken: TokenCheck,
  { receive }: Pipeline,
  metrics: IngressMetrics,
  logger: Logger,
): Promise<Listening> {
  const { bodyLimitBytes, authFailuresPerMinute, receiveTimeoutMs } = webhook;
  const refusedTokens = createRefusedTokensLog(logger);
  const app = ingressApp({
    checkToken,
    receive,
    metrics,
    refusedTokens,
    onInternalError: reportInternalErrors(logger, metrics.internalError),
    bodyLimitBytes,
    receivingBytes: RECEIVING_BYTES,
    authFailuresPerMinute,
    monotonicMs: () => performance.now(),
    wallClockMs: Date.now,
  });
  const listening = await listen(
    app,
    { host: service.host, port: service.port, portVariable: 'PORT' },
    {
      ...expressMessages(app),
      requestTimeout: receiveTimeoutMs,
      headersTimeout: Math.min(receiveTimeoutMs, 10_000),
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 75_000,
      onRefused: (refusal) => metrics.answered('none', outcomeOfRefusal[refusal], null, null),
    },
  );
  return {
    ...listening,
    close: async (withinMs) => {
      await listening.close(withinMs);
      refusedTokens.close();
    },
  };
}
