import type { ServerResponse } from 'node:http';

/** An error answer after RFC 9457. It never repeats what the caller sent. */
export type Problem = Readonly<{
  status: number;
  /** Short and the same for every occurrence. */
  title: string;
  /** What to do about it. */
  detail?: string;
  headers?: Readonly<Record<string, string>>;
}>;

/** Ends `response` with `application/problem+json`. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  const { status, title, detail, headers = {} } = problem;
  const body = JSON.stringify({ type: 'about:blank', title, status, ...(detail === undefined ? {} : { detail }) });
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(body);
}
