import type { Response } from 'express';
import { type Problem, sendProblem } from '../../shared/http/problem.ts';
import type { ProtocolRefusal } from '../../shared/http/protocol-refusals.ts';
import type { IngressMetrics, Outcome, WebhookEvent } from '../monitoring/ingress-metrics.ts';

/** How long a refused sender should wait, in seconds. */
const RETRY_AFTER = { 'retry-after': '5' } as const;

/** Outcomes that the app does not answer: the sender is gone, or the shared HTTP layer has answered. */
type Unanswered =
  | 'aborted'
  | 'malformed_request'
  | 'timeout'
  | 'headers_too_large'
  | 'unsupported_transfer_coding'
  | 'expectation_failed';

/** The answer to a bug of ours. */
export const internalProblem = {
  status: 503,
  title: 'Internal error',
  detail: 'The ingress failed; its log says where. Send this webhook again',
  headers: RETRY_AFTER,
} as const satisfies Problem;

/** The outcomes that the app answers. */
export type Answered = Exclude<Outcome, Unanswered>;

/** How a refusal by the shared HTTP layer is counted. */
export const outcomeOfRefusal: Readonly<Record<ProtocolRefusal, Outcome>> = {
  malformed: 'malformed_request',
  'ended-early': 'aborted',
  timeout: 'timeout',
  'headers-too-large': 'headers_too_large',
  'chunk-extensions-too-large': 'too_large',
  'transfer-encoding': 'unsupported_transfer_coding',
  expectation: 'expectation_failed',
  connect: 'method_not_allowed',
};

/** Whether the event is durable and answered 202. */
export const isKept = (outcome: Outcome): outcome is 'accepted' | 'spooled' =>
  outcome === 'accepted' || outcome === 'spooled';

/** Answers a request to the webhook path and counts it. Only the first call has an effect. */
export type Answer = (response: Response, event: WebhookEvent, outcome: Answered | 'aborted') => void;

type Options = Readonly<{
  metrics: Pick<IngressMetrics, 'answered'>;
  bodyLimitBytes: number;
  /** A monotonic clock, in milliseconds. */
  monotonicMs: () => number;
}>;

/** The one place that answers and counts. Reads `response.locals.startedMs` (when the request arrived) and `traceId`. */
export function createAnswer({ metrics, bodyLimitBytes, monotonicMs }: Options): Answer {
  const problems = problemsOf(bodyLimitBytes);
  return (response, event, outcome) => {
    if (response.headersSent) return;
    const { startedMs, traceId = null } = response.locals;
    metrics.answered(event, outcome, startedMs === undefined ? null : (monotonicMs() - startedMs) / 1000, traceId);
    if (response.destroyed || outcome === 'aborted') return;
    if (isKept(outcome)) response.writeHead(202, { 'content-length': 0 }).end();
    else sendProblem(response, problems[outcome]);
  };
}

function problemsOf(bodyLimitBytes: number): Readonly<Record<Exclude<Answered, 'accepted' | 'spooled'>, Problem>> {
  return {
    unauthorized: {
      status: 401,
      title: 'Unauthorized',
      detail: 'Send a valid token as "Authorization: Bearer …"',
      headers: { 'www-authenticate': 'Bearer' },
    },
    rate_limited: {
      status: 429,
      title: 'Too many failed attempts',
      detail: 'Too many requests without a valid token from this address',
      headers: { 'retry-after': '60' },
    },
    method_not_allowed: {
      status: 405,
      title: 'Method not allowed',
      detail: 'Webhooks are sent with POST',
      headers: { allow: 'POST' },
    },
    not_json: { status: 400, title: 'Body is not JSON', detail: 'The body must be one JSON value in UTF-8' },
    unsupported_media_type: {
      status: 415,
      title: 'Unsupported media type',
      detail: 'Send application/json in UTF-8, plain or with Content-Encoding gzip, deflate or br',
    },
    too_large: {
      status: 413,
      title: 'Body too large',
      detail: `The decompressed body may have at most ${bodyLimitBytes} bytes (WEBHOOK_BODY_LIMIT)`,
    },
    ...outages,
  };
}

/** Not the sender's fault: the same webhook is accepted when sent again later. */
const outages = {
  overloaded: {
    status: 503,
    title: 'Overloaded',
    detail: 'Too many webhooks are waiting; send this one again',
    headers: RETRY_AFTER,
  },
  unavailable: {
    status: 503,
    title: 'Kafka is unavailable',
    detail: 'Kafka did not acknowledge in time; send this webhook again',
    headers: RETRY_AFTER,
  },
  refused: {
    status: 503,
    title: 'Kafka refuses this event',
    detail: 'An operator must fix this; the log of the ingress says what. Send this webhook again',
    headers: RETRY_AFTER,
  },
  spool_unavailable: {
    status: 503,
    title: 'The spool is unavailable',
    detail: 'Neither Kafka nor the local disk stored the webhook in time; send it again',
    headers: RETRY_AFTER,
  },
  internal_error: internalProblem,
} as const satisfies Readonly<Record<string, Problem>>;
