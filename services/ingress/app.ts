import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { rateLimit } from 'express-rate-limit';
import type { TokenCheck } from '../shared/http/bearer-tokens.ts';
import { type Problem, sendProblem } from '../shared/http/problem.ts';
import { readBody } from '../shared/http/read-body.ts';
import { startTrace } from '../shared/observability/tracing.ts';
import type { IngressMetrics, Outcome, WebhookEvent } from './ingress-metrics.ts';
import type { Receipt, ReceiveWebhook } from './receive-webhook.ts';

export const WEBHOOK_PATH = '/webhooks/vxt';

/** How long a refused sender should wait, in seconds. */
const RETRY_AFTER = { 'retry-after': '5' } as const;

type Options = Readonly<{
  checkToken: TokenCheck;
  receive: ReceiveWebhook;
  metrics: IngressMetrics;
  bodyLimitBytes: number;
  authFailuresPerMinute: number;
  now: () => number;
}>;

/**
 * The public side of the ingress: one path. It authenticates before it reads a body, never redirects, and answers
 * every problem as `application/problem+json`. 202 is sent only after `receive` said that the event is durable.
 */
export function ingressApp(options: Options): Express {
  const app = express().disable('x-powered-by').disable('etag');
  const answer = answerWith(options);
  app.all(
    WEBHOOK_PATH,
    startClock(options.now),
    onlyPost(answer),
    authenticate(options, answer),
    onlyJson(answer),
    readBody(options.bodyLimitBytes),
    receiveWebhook(options, answer),
  );
  app.use((_request, response) =>
    sendProblem(response, { status: 404, title: 'Not found', detail: `The webhook's path is ${WEBHOOK_PATH}` }),
  );
  app.use(bodyProblem(answer));
  return app;
}

type Answer = (response: Response, event: WebhookEvent, outcome: Outcome) => void;

/** The one place that answers and counts, once a request. */
function answerWith({ metrics, now, bodyLimitBytes }: Options): Answer {
  const problems = problemsOf(bodyLimitBytes);
  return (response, event, outcome) => {
    metrics.answered(event, outcome, (now() - response.locals.startedMs) / 1000, response.locals.traceId ?? null);
    if (response.headersSent || response.destroyed || outcome === 'aborted') return;
    if (isKept(outcome)) response.writeHead(202, { 'content-length': 0 }).end();
    else sendProblem(response, problems[outcome]);
  };
}

function problemsOf(
  bodyLimitBytes: number,
): Readonly<Record<Exclude<Outcome, 'accepted' | 'spooled' | 'aborted'>, Problem>> {
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
    overloaded: {
      status: 503,
      title: 'Overloaded',
      detail: 'Too many webhooks wait for Kafka; send this one again',
      headers: RETRY_AFTER,
    },
    unavailable: {
      status: 503,
      title: 'Kafka is unavailable',
      detail: 'Kafka did not acknowledge in time; send this webhook again',
      headers: RETRY_AFTER,
    },
  };
}

const startClock =
  (now: () => number): RequestHandler =>
  (_request, response, next) => {
    response.locals.startedMs = now();
    next();
  };

const onlyPost =
  (answer: Answer): RequestHandler =>
  (request, response, next) => {
    if (request.method === 'POST') next();
    else answer(response, 'none', 'method_not_allowed');
  };

/** Only failures count against an address, so a valid sender behind the same address is never slowed. */
function authenticate({ checkToken, metrics, authFailuresPerMinute }: Options, answer: Answer): RequestHandler {
  const limit = rateLimit({
    windowMs: 60_000,
    limit: authFailuresPerMinute,
    legacyHeaders: false,
    handler: (_request, response) => answer(response, 'none', 'rate_limited'),
  });
  return (request, response, next) => {
    if (checkToken(request.headers.authorization)) return next();
    metrics.authFailed();
    void limit(request, response, () => answer(response, 'none', 'unauthorized'));
  };
}

/** JSON by any of its names; a request that does not say what it is may be JSON. Another charset than UTF-8 is not. */
const onlyJson =
  (answer: Answer): RequestHandler =>
  (request, response, next) => {
    const type = request.headers['content-type'] ?? 'application/json';
    if (/^application\/(?:[\w.-]+\+)?json *(?:$|;)/i.test(type) && !/charset *= *"?(?!utf-?8)/i.test(type)) next();
    else answer(response, 'none', 'unsupported_media_type');
  };

function receiveWebhook({ receive, metrics, now }: Options, answer: Answer): RequestHandler {
  return async (request: Request, response) => {
    const trace = startTrace('receive webhook', 'server', headerOf(request, 'traceparent'));
    response.locals.traceId = trace.sampledTraceId;
    const body: unknown = request.body;
    const contentType = headerOf(request, 'content-type');
    const receipt = await receive(
      { body: Buffer.isBuffer(body) ? body : Buffer.alloc(0), contentType, atMs: now() },
      trace,
    );
    const [event, outcome] = outcomeOf(receipt);
    if (receipt.kind === 'unrecognised' && receipt.reason !== null && isKept(outcome))
      metrics.unrecognised(receipt.reason);
    trace.end(isKept(outcome) ? undefined : outcome);
    answer(response, event, outcome);
  };
}

/** The event is safe: 202. */
const isKept = (outcome: Outcome): outcome is 'accepted' | 'spooled' => outcome === 'accepted' || outcome === 'spooled';

function outcomeOf(receipt: Receipt): readonly [WebhookEvent, Outcome] {
  if (receipt.kind === 'not-json') return ['none', 'not_json'];
  switch (receipt.published) {
    case 'durable':
      return [receipt.kind, 'accepted'];
    case 'spooled':
      return [receipt.kind, 'spooled'];
    case 'overloaded':
      return [receipt.kind, 'overloaded'];
    case 'unavailable':
      return [receipt.kind, 'unavailable'];
    case 'too-large':
      return [receipt.kind, 'too_large'];
  }
}

const headerOf = (request: Request, name: string): string | null => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
};

/** What body-parser found wrong, by its documented error types; anything else is a bug of ours and says nothing of itself. */
function bodyProblem(answer: Answer): ErrorRequestHandler {
  return (error: Readonly<{ type?: string; status?: number }>, _request, response, _next) => {
    if (response.locals.startedMs === undefined) return sendProblem(response, { status: 400, title: 'Bad request' });
    switch (error.type) {
      case 'entity.too.large':
        return answer(response, 'none', 'too_large');
      case 'encoding.unsupported':
        return answer(response, 'none', 'unsupported_media_type');
      case 'request.aborted':
        return answer(response, 'none', 'aborted');
      default:
        return answer(response, 'none', error.status !== undefined && error.status < 500 ? 'not_json' : 'unavailable');
    }
  };
}
