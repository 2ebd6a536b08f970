import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import type { TokenCheck } from '../../shared/http/bearer-tokens.ts';
import { sendProblem } from '../../shared/http/problem.ts';
import { type BodyProblem, createReadBody } from '../../shared/http/read-body.ts';
import { startTrace } from '../../shared/observability/tracing.ts';
import type { IngressMetrics, WebhookEvent } from '../ingress-metrics.ts';
import type { Receipt, ReceiveWebhook } from '../receive-webhook.ts';
import type { OnInternalError } from '../report-internal-errors.ts';
import { type Answer, type Answered, createAnswer, internalProblem, isKept } from './answers.ts';
import { authenticate } from './authenticate.ts';
import { saysJson } from './media-type.ts';
import type { RefusedTokensLog } from './refused-tokens-log.ts';

export const WEBHOOK_PATH = '/webhooks/vxt';

export type IngressAppOptions = Readonly<{
  checkToken: TokenCheck;
  receive: ReceiveWebhook;
  metrics: Pick<IngressMetrics, 'answered' | 'authFailed' | 'unrecognised'>;
  refusedTokens: Pick<RefusedTokensLog, 'refused'>;
  onInternalError: OnInternalError;
  bodyLimitBytes: number;
  /** The most bytes of all bodies that are being received at the same time, inflated. */
  receivingBytes: number;
  authFailuresPerMinute: number;
  /** Milliseconds of a clock that never jumps: for durations. */
  monotonicMs: () => number;
  /** Milliseconds since 1970: for times that are shown. */
  wallClockMs: () => number;
}>;

/**
 * The public side of the ingress: one path. It authenticates before it reads a body, never redirects, and answers
 * every problem as `application/problem+json`. 202 is sent only after `receive` said that the event is durable.
 */
export function ingressApp(options: IngressAppOptions): Express {
  const { monotonicMs, onInternalError } = options;
  const app = express().disable('x-powered-by').disable('etag');
  const answer = createAnswer(options);
  app.all(
    WEBHOOK_PATH,
    startClock(monotonicMs),
    onlyPost(answer),
    authenticate(options, answer),
    onlyJson(answer),
    receiveWebhook(options, answer),
  );
  app.use((_request, response) =>
    sendProblem(response, { status: 404, title: 'Not found', detail: `The webhook's path is ${WEBHOOK_PATH}` }),
  );
  app.use(internalError(onInternalError, answer), lastResort);
  return app;
}

const startClock =
  (monotonicMs: () => number): RequestHandler =>
  (_request, response, next) => {
    response.locals.startedMs = monotonicMs();
    next();
  };

const onlyPost =
  (answer: Answer): RequestHandler =>
  (request, response, next) => {
    if (request.method === 'POST') next();
    else answer(response, 'none', 'method_not_allowed');
  };

const onlyJson =
  (answer: Answer): RequestHandler =>
  (request, response, next) => {
    if (saysJson(request.headers['content-type'])) next();
    else answer(response, 'none', 'unsupported_media_type');
  };

function receiveWebhook(options: IngressAppOptions, answer: Answer): RequestHandler {
  const { bodyLimitBytes: limitBytes, receivingBytes, receive, metrics, wallClockMs } = options;
  const readBody = createReadBody({ limitBytes, receivingBytes });
  const received = async (request: Request, response: Response, body: Buffer | BodyProblem): Promise<void> => {
    if (typeof body === 'string') return answer(response, 'none', outcomeOfProblem[body]);
    const trace = startTrace('receive webhook', 'server', {
      traceparent: headerOf(request, 'traceparent'),
      tracestate: headerOf(request, 'tracestate'),
    });
    response.locals.traceId = trace.sampledTraceId;
    const contentType = headerOf(request, 'content-type');
    const receipt = await receive({ body, contentType, atMs: wallClockMs() }, trace).catch((error: unknown) => {
      trace.end('internal_error');
      throw error;
    });
    const [event, outcome] = outcomeOfReceipt(receipt);
    if (receipt.kind === 'unrecognised' && receipt.reason !== null && isKept(outcome))
      metrics.unrecognised(receipt.reason);
    trace.end(isKept(outcome) ? undefined : outcome);
    answer(response, event, outcome);
  };
  return (request, response, next) =>
    readBody(request, response, (body) => {
      received(request, response, body).catch(next);
    });
}

const headerOf = (request: Request, name: string): string | null => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
};

const outcomeOfProblem: Readonly<Record<BodyProblem, Answered | 'aborted'>> = {
  aborted: 'aborted',
  'too-large': 'too_large',
  'unknown-encoding': 'unsupported_media_type',
  undecodable: 'not_json',
  overloaded: 'overloaded',
};

type Published = Exclude<Receipt, Readonly<{ kind: 'not-json' }>>['published'];

const outcomeOfPublished: Readonly<Record<Published, Answered>> = {
  durable: 'accepted',
  spooled: 'spooled',
  overloaded: 'overloaded',
  unavailable: 'unavailable',
  unknown: 'unavailable',
  'too-large': 'too_large',
  refused: 'refused',
  'disk-unavailable': 'spool_unavailable',
};

const outcomeOfReceipt = (receipt: Receipt): readonly [WebhookEvent, Answered] =>
  receipt.kind === 'not-json' ? ['none', 'not_json'] : [receipt.kind, outcomeOfPublished[receipt.published]];

/** Whatever was thrown here is a bug of ours, and the answer says nothing of its inside. */
function internalError(onInternalError: OnInternalError, answer: Answer): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    onInternalError(error);
    answer(response, 'none', 'internal_error');
  };
}

/** Where counting or logging failed too. Express itself would answer with a stack, and print it. */
const lastResort: ErrorRequestHandler = (_error, _request, response, _next) => {
  if (response.headersSent) response.destroy();
  else sendProblem(response, internalProblem);
};
