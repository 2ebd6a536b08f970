import { outcomeOfRefusal } from '../../services/ingress/http/answers.ts';
import { type IngressAppOptions, ingressApp } from '../../services/ingress/http/app.ts';
import type { Outcome } from '../../services/ingress/ingress-metrics.ts';
import { expressMessages } from '../../services/shared/http/express-messages.ts';
import { type Listening, listen } from '../../services/shared/http/listen.ts';

export const TOKEN = 'edge-token-0123456789';
export const BODY_LIMIT = 100_000;

/** The public port of an ingress, with nothing behind it but what a test puts there. */
export type IngressEdge = Readonly<{
  listening: Listening;
  url: string;
  /** What was counted so far, in its order. */
  outcomes: readonly Outcome[];
  internalErrors: readonly unknown[];
  /** The bodies that were received. */
  bodies: readonly Buffer[];
}>;

/** Listens on a free port. By default every body is a durable call. */
export async function startIngressEdge(options: Partial<IngressAppOptions> = {}): Promise<IngressEdge> {
  const outcomes: Outcome[] = [];
  const internalErrors: unknown[] = [];
  const bodies: Buffer[] = [];
  const { receive = async () => ({ kind: 'callLog', reason: null, published: 'durable' }) } = options;
  const app = ingressApp({
    checkToken: (authorization) => authorization === `Bearer ${TOKEN}`,
    metrics: {
      answered: (_event, outcome) => void outcomes.push(outcome),
      authFailed: () => undefined,
      unrecognised: () => undefined,
    },
    refusedTokens: { refused: () => undefined },
    onInternalError: (error) => void internalErrors.push(error),
    bodyLimitBytes: BODY_LIMIT,
    receivingBytes: 10 * BODY_LIMIT,
    authFailuresPerMinute: 1_000,
    monotonicMs: () => performance.now(),
    wallClockMs: Date.now,
    ...options,
    receive: (received, trace) => {
      bodies.push(received.body);
      return receive(received, trace);
    },
  });
  const listening = await listen(
    app,
    { host: '127.0.0.1', port: 0, portVariable: 'PORT' },
    {
      ...expressMessages(app),
      requestTimeout: 1_000,
      headersTimeout: 1_000,
      connectionsCheckingInterval: 50,
      keepAliveTimeout: 75_000,
      onRefused: (refusal) => void outcomes.push(outcomeOfRefusal[refusal]),
    },
  );
  const url = `http://127.0.0.1:${listening.port}/webhooks/vxt`;
  return { listening, url, outcomes, internalErrors, bodies };
}
