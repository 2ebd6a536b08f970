import type { IncomingMessage } from 'node:http';
import type { Problem } from './problem.ts';

/** What is refused before an app sees a request, because it is not HTTP as we speak it. */
export const protocolRefusals = [
  'malformed',
  'ended-early',
  'timeout',
  'headers-too-large',
  'chunk-extensions-too-large',
  'transfer-encoding',
  'expectation',
  'connect',
] as const;

export type ProtocolRefusal = (typeof protocolRefusals)[number];

/** The answer to each, the same from every service. */
export const protocolProblems: Readonly<Record<ProtocolRefusal, Problem>> = {
  malformed: { status: 400, title: 'Malformed request', detail: 'The request is not well-formed HTTP/1.1 (RFC 9112)' },
  'ended-early': { status: 400, title: 'Request ended early', detail: 'The connection ended before the request did' },
  timeout: { status: 408, title: 'Request timeout', detail: 'The request did not arrive in time' },
  'headers-too-large': { status: 431, title: 'Headers too large', detail: 'The request line and headers are too long' },
  'chunk-extensions-too-large': {
    status: 413,
    title: 'Chunk extensions too large',
    detail: 'Send chunks without extensions',
  },
  'transfer-encoding': {
    status: 501,
    title: 'Transfer coding not implemented',
    detail: 'Send the body with Content-Length, or with Transfer-Encoding: chunked and nothing else',
  },
  expectation: { status: 417, title: 'Expectation failed', detail: 'Only Expect: 100-continue can be met' },
  connect: { status: 501, title: 'CONNECT not implemented', detail: 'This service is no proxy' },
};

/**
 * What node:http's parser lets through although it is not ours to take: another version, HTTP/1.1 without a Host,
 * transfer codings that nobody would undo (RFC 9112, 3.2 and 6.1), and expectations that cannot be met (RFC 9110,
 * 10.1.1; HTTP/1.0 has none). Null: nothing.
 */
export function refusalOf({ headers, httpVersion }: IncomingMessage): ProtocolRefusal | null {
  const { host, expect, 'transfer-encoding': coding } = headers;
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return 'transfer-encoding';
  if (httpVersion === '1.0') return null;
  if (httpVersion !== '1.1' || host === undefined) return 'malformed';
  return expect === undefined || expect.toLowerCase() === '100-continue' ? null : 'expectation';
}

/** What an error of node:http's `clientError` says of a request; null: nothing, the connection broke. */
export function refusalOfError({ code = '' }: NodeJS.ErrnoException): ProtocolRefusal | null {
  switch (code) {
    case 'HPE_INVALID_EOF_STATE':
      return 'ended-early';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'timeout';
    case 'HPE_HEADER_OVERFLOW':
      return 'headers-too-large';
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 'chunk-extensions-too-large';
    default:
      return code.startsWith('HPE_') ? 'malformed' : null;
  }
}
