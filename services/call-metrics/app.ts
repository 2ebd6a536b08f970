import { hash } from 'node:crypto';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import type { TokenCheck } from '../shared/http/bearer-tokens.ts';
import { type Problem, sendProblem } from '../shared/http/problem.ts';
import { dayOfDate } from './domain/calendar.ts';
import { parsePlace } from './page-place.ts';
import { type AskedSubject, type DayRange, MOST_DAYS, type Queries } from './queries.ts';

const USERS_PER_PAGE = 100;
const MOST_USERS_PER_PAGE = 1_000;

type Options = Readonly<{
  checkToken: TokenCheck;
  queries: Queries;
  /** Whether the committed table was read to its end: before that every number would be too small. */
  caughtUp: () => boolean;
}>;

/** The query API: see schemas/openapi.yaml. Every problem is `application/problem+json`; nothing asked for is repeated. */
export function callMetricsApp({ checkToken, queries, caughtUp }: Options): Express {
  const app = express().disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(authenticate(checkToken), onlyRead, untilCaughtUp(caughtUp));
  app.get('/v1/users', users(queries));
  routeSubjects(app, 'users', 'uid', queries, (uid) => ({ type: 'user', uid }));
  routeSubjects(app, 'numbers', 'e164', queries, (phoneNumberE164) => ({ type: 'number', phoneNumberE164 }));
  app.use((_request, response) => sendProblem(response, { status: 404, title: 'Not found' }));
  app.use((_error: unknown, _request: Request, response: Response, _next: unknown) =>
    sendProblem(response, { status: 400, title: 'Bad request' }),
  );
  return app;
}

const authenticate =
  (checkToken: TokenCheck): RequestHandler =>
  (request, response, next) => {
    if (checkToken(request.headers.authorization)) return next();
    sendProblem(response, {
      status: 401,
      title: 'Unauthorized',
      detail: 'Send a valid token as "Authorization: Bearer …"',
      headers: { 'www-authenticate': 'Bearer' },
    });
  };

const onlyRead: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') return next();
  sendProblem(response, { status: 405, title: 'Method not allowed', headers: { allow: 'GET, HEAD' } });
};

const untilCaughtUp =
  (caughtUp: () => boolean): RequestHandler =>
  (_request, response, next) => {
    if (caughtUp()) return next();
    sendProblem(response, {
      status: 503,
      title: 'Restoring',
      detail: 'The totals are being read from Kafka; any number before that is done would be too small',
      headers: { 'retry-after': '2' },
    });
  };

/**
 * The metrics of a subject, whose id is in the path, or in the query: clients and proxies take `..` and an empty id out of a path, and `%2F` for a slash.
 */
function routeSubjects(
  app: Express,
  collection: 'users' | 'numbers',
  name: string,
  queries: Queries,
  subjectOf: (id: string) => AskedSubject,
): void {
  const answer =
    (idOf: (request: Request) => unknown): RequestHandler =>
    (request, response) => {
      const id = idOf(request);
      if (typeof id === 'string') sendMetrics(queries, subjectOf(id), request, response);
      else sendProblem(response, { status: 400, title: 'Wrong subject', detail: `Give ${name} once` });
    };
  app.get(
    `/v1/${collection}/:${name}/call-metrics`,
    answer(({ params }) => params[name]),
  );
  app.get(
    `/v1/${collection}//call-metrics`,
    answer(() => ''),
  );
  app.get(
    `/v1/${collection}/call-metrics`,
    answer(({ query }) => query[name]),
  );
}

function sendMetrics(queries: Queries, subject: AskedSubject, request: Request, response: Response): void {
  const range = dayRange(request.query);
  if (range !== null && 'status' in range) {
    sendProblem(response, range);
    return;
  }
  const answer = queries.callMetrics(subject, range);
  if (answer !== null) sendJson(request, response, answer);
  else sendProblem(response, { status: 404, title: 'Unknown subject', detail: 'No event of this subject was counted' });
}

function users(queries: Queries): RequestHandler {
  return (request, response) => {
    const { limit = String(USERS_PER_PAGE), after } = request.query;
    const count = typeof limit === 'string' && /^\d{1,6}$/.test(limit) ? Number(limit) : 0;
    const place = typeof after === 'string' ? parsePlace(after) : null;
    if (count < 1 || count > MOST_USERS_PER_PAGE || (after !== undefined && place === null)) {
      const detail = `limit must be a whole number from 1 to ${MOST_USERS_PER_PAGE}, after the \`next\` of a page`;
      return sendProblem(response, { status: 400, title: 'Wrong page', detail });
    }
    sendJson(request, response, queries.users(count, place));
  };
}

/** The days asked for; of one end alone the most there may be from there; null for none; a problem for what is no range. */
function dayRange({ from, to }: Request['query']): DayRange | Problem | null {
  if (from === undefined && to === undefined) return null;
  const first = typeof from === 'string' ? dayOfDate(from) : null;
  const last = typeof to === 'string' ? dayOfDate(to) : null;
  if ((from !== undefined && first === null) || (to !== undefined && last === null)) {
    return { status: 400, title: 'Wrong days', detail: 'from and to must be days, each as YYYY-MM-DD' };
  }
  const range = { from: first ?? (last ?? 0) - MOST_DAYS + 1, to: last ?? (first ?? 0) + MOST_DAYS - 1 };
  if (range.to < range.from) return { status: 400, title: 'Wrong days', detail: 'from must not be after to' };
  if (range.to - range.from + 1 > MOST_DAYS) {
    return { status: 400, title: 'Too many days', detail: `Ask for at most ${MOST_DAYS} days at once` };
  }
  return range;
}

/** With an entity tag of the content, so that a client that has it is answered 304 (RFC 9110, 13.1.2). */
function sendJson(request: Request, response: Response, value: unknown): void {
  const body = JSON.stringify(value);
  const etag = `"${hash('sha256', body, 'base64url').slice(0, 22)}"`;
  response.set({ etag, 'cache-control': 'private, no-cache', vary: 'authorization' });
  if (holds(request.headers['if-none-match'], etag)) response.status(304).end();
  else response.type('application/json').send(body);
}

/** Whether If-None-Match names this tag; compared weakly, as for GET it must be. */
const holds = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined &&
  (ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag));
