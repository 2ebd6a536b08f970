import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { lingerThenClose } from './linger.ts';

/** An error answer after RFC 9457. It never repeats what the caller sent. */
export type Problem = Readonly<{
  status: number;
  /** Short and the same for every occurrence. */
  title: string;
  /** What to do about it. */
  detail?: string;
  headers?: Readonly<Record<string, string>>;
}>;

/** The most bytes of a refused request's body that are read only to keep its connection. */
export const DISCARD_MAX_BYTES = 64 * 1024;

/**
 * Ends `response` with `application/problem+json`, also before its request has ended. The rest of a short body is read
 * and dropped; for a long one, or one of unknown length, the answer says `Connection: close`. Does nothing where an
 * answer has begun: the first one stands.
 */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  if (response.headersSent) return;
  const { req: request, socket } = response;
  const early = !request.complete;
  if (early && !isShort(request)) response.shouldKeepAlive = false;
  const body = bodyOf(problem);
  response.writeHead(problem.status, headersOf(problem, body));
  if (!request.readableEnded) request.resume();
  // After writeHead, which gives up the connection of a sender that waits for 100 Continue.
  if (!early || response.shouldKeepAlive || socket === null) {
    response.end(body);
    return;
  }
  response.flushHeaders();
  response.write(body);
  lingerThenClose(socket);
}

/** Writes `problem` to a connection that has no response, as its last answer. */
export function sendLastProblem(socket: Socket, problem: Problem): void {
  const body = bodyOf(problem);
  const headers = { ...headersOf(problem, body), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`);
  lingerThenClose(socket);
}

function bodyOf({ status, title, detail }: Problem): string {
  return JSON.stringify({ type: 'about:blank', title, status, ...(detail === undefined ? {} : { detail }) });
}

function headersOf({ headers }: Problem, body: string): Record<string, string | number> {
  return {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
  };
}

const isShort = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= DISCARD_MAX_BYTES;
