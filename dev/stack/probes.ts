import { connect } from 'node:net';

/** An ApiVersions request, version 0, correlation id 1, without a client id: every broker answers it before any login. */
const apiVersions = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);

/**
 * Null when a Kafka broker answers at this address within `withinMs`; else why not, in a few words. With `tls` it is only checked that something listens.
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
    socket.on('connect', () => (tls ? end(null) : socket.write(apiVersions)));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 10) end(isApiVersions(received) ? null : 'something that is not Kafka answers');
    });
    socket.on('error', (error) => end(connectionProblem(error)));
    socket.on('close', () => end('it closed the connection, as a listener for TLS or something else than Kafka does'));
  });
}

/** Size, our correlation id, error code 0. */
const isApiVersions = (answer: Buffer): boolean => answer.readInt32BE(4) === 1 && answer.readInt16BE(8) === 0;

/**
 * Null when a schema registry answers `GET <url>/subjects` within `withinMs`; else why not. A demand for a login counts as an answer, and so does a
 * certificate of an authority of one's own: the services judge it.
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

/** A text member of a thrown value, which may come from another realm; empty when it has none. */
function memberOf(error: unknown, member: 'name' | 'code' | 'message'): string {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, member) : undefined;
  return typeof value === 'string' ? value : '';
}
