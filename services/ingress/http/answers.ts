import type { Response } from 'express';
import { type Problem, sendProblem } from '../../shared/http/problem.ts';
import type { ProtocolRefusal } from '../../shared/http/protocol-refusals.ts';
import type { IngressMetrics, Outcome, WebhookEvent } from '../ingress-metrics.ts';

/** How long a refused sender should wait, in seconds. */
const RETRY_AFTER = { 'retry-after': '5' } as const;

/** Outcomes that the app does not answer: nobody is there, or the shared HTTP layer has answered. */
type Unanswered =
  | 'aborted'
  | 'malformed_request'
  | 'timeout'
  | 'headers_too_large'
  | 'unsupported_transfer_coding'
  | 'expectation_failed';

/** A bug of ours, which is not the sender's fault either. */
export const internalProblem = {
  status: 503,
  title: 'Internal error',
  detail: 'The ingress failed, and its log says where; send this webhook again',
  headers: RETRY_AFTER,
} as const satisfies Problem;

/** What the app may answer. */
export type Answered = Exclude<Outcome, Unanswered>;

/** As what a refusal of the shared HTTP layer is counted. */
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

/** The event is safe: 202. */
export const isKept = (outcome: Outcome): outcome is 'accepted' | 'spooled' =>
  outcome === 'accepted' || outcome === 'spooled';

/** Answers a request to the webhook's path, and counts it. The first answer is the one; further ones do nothing. */
export type Answer = (response: Response, event: WebhookEvent, outcome: Answered | 'aborted') => void;

type Options = Readonly<{
  metrics: Pick<IngressMetrics, 'answered'>;
  bodyLimitBytes: number;
  /** Milliseconds of a clock that never jumps. */
  monotonicMs: () => number;
}>;

/** The one place that answers and counts. `response.locals.startedMs`: when the request came. */
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
      detail: 'Too many requests without a valid token came from this address',
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
      detail: `The body, inflated, may have ${bodyLimitBytes} bytes (WEBHOOK_BODY_LIMIT)`,
    },
    ...outages,
  };
}

/** Not the sender's fault: the same webhook sent again later is taken. */
const outages = {
  overloaded: {
    status: 503,
    title: 'Overloaded',
    detail: 'Too many webhooks wait here; send this one again',
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
    detail:
      'It will until an operator has changed something: the log of the ingress says what; send this webhook again',
    headers: RETRY_AFTER,
  },
  spool_unavailable: {
    status: 503,
    title: 'The spool is unavailable',
    detail: 'Neither Kafka nor the local disk took the webhook in time; send it again',
    headers: RETRY_AFTER,
  },
  internal_error: internalProblem,
} as const satisfies Readonly<Record<string, Problem>>;
