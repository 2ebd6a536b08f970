import { connect } from 'node:net';

/**
 * A request that every broker answers before any login:
 *
 * | bytes | content |
 * | --- | --- |
 * | 0–3 | size of the rest: 10 |
 * | 4–5 | API key of ApiVersions: 18 |
 * | 6–7 | API version: 0 |
 * | 8–11 | correlation id: 1 |
 * | 12–13 | client id: null |
 */
const apiVersionsRequest = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);

/**
 * Null if a Kafka broker answers at this address within `withinMs`. Otherwise why not, in a few words. With `tls`, this only checks that something listens.
 */
export function kafkaProblem(host: string, port: number, withinMs = 2_000, tls = false): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => end(`no answer within ${withinMs / 1_000} s`), withinMs);
    const end = (problem: string | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(problem);
    };
    let received = Buffer.alloc(0);
    socket.on('connect', () => (tls ? end(null) : socket.write(apiVersionsRequest)));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 10) end(isApiVersions(received) ? null : 'something that is not Kafka answers');
    });
    socket.on('error', (error) => end(connectionProblem(error)));
    socket.on('close', () => end('it closed the connection, as a TLS listener or something other than Kafka does'));
  });
}

/** The answer begins with its size (4 bytes), our correlation id (4 bytes) and the error code (2 bytes), which must be 0. */
const isApiVersions = (answer: Buffer): boolean => answer.readInt32BE(4) === 1 && answer.readInt16BE(8) === 0;

/**
 * Null if a schema registry answers `GET <url>/subjects` within `withinMs`. Otherwise why not, in a few words. A request for a login counts as an answer, and so
 * does a certificate from an unknown authority: the services check those themselves.
 */
export async function registryProblem(url: string, withinMs = 2_000): Promise<string | null> {
  try {
    const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(withinMs) });
    const body = await response.text();
    if (response.status === 401 || response.status === 403) return null;
    if (!response.ok) return `HTTP ${response.status} for GET ${url}/subjects`;
    return Array.isArray(JSON.parse(body)) ? null : 'something that is not a schema registry answers';
  } catch (error) {
    const name = memberOf(error, 'name');
    if (name === 'SyntaxError') return 'something that is not a schema registry answers';
    if (name === 'TimeoutError') return `no answer within ${withinMs / 1_000} s`;
    const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : error;
    if (/CERT|SELF_SIGNED/.test(memberOf(cause, 'code'))) return null;
    return connectionProblem(cause);
  }
}

function connectionProblem(error: unknown): string {
  const code = memberOf(error, 'code');
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no such host';
  return memberOf(error, 'message') || code || String(error);
}

/** A string member of a thrown value, which may be from another realm and thus not an Error here. Empty if there is none. */
function memberOf(error: unknown, member: 'name' | 'code' | 'message'): string {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, member) : undefined;
  return typeof value === 'string' ? value : '';
}
