import type { TokenCheck } from '../../shared/http/bearer-tokens.ts';
import { type Listening, listen } from '../../shared/http/listen.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { IngressConfig } from '../config.ts';
import type { IngressMetrics } from '../monitoring/ingress-metrics.ts';
import type { Pipeline } from '../publishing/open-pipeline.ts';
import { outcomeOfRefusal } from './answers.ts';
import { ingressApp } from './app.ts';
import { expressMessages } from './express-messages.ts';
import { createRefusedTokensLog } from './refused-tokens-log.ts';
import { reportInternalErrors } from './report-internal-errors.ts';

/** The most bytes of bodies being received at the same time. By default as much again may wait for Kafka. */
const RECEIVING_BYTES = 64 * 1024 * 1024;

/** Opens the public port. Senders that are too slow are timed out. */
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
