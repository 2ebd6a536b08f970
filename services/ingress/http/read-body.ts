import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { createByteCollector } from './byte-collector.ts';

/**
 * Why there is no body.
 * - `aborted`: the sender disconnected, or the request was refused, before the end of the body.
 * - `too-large`: it exceeds the limit when decompressed.
 * - `unknown-encoding`: its Content-Encoding is not exactly one of gzip, deflate, br and identity.
 * - `undecodable`: it does not match its Content-Encoding.
 * - `overloaded`: the process is receiving as many bytes as it may hold; the sender may try again.
 */
export type BodyProblem = 'aborted' | 'too-large' | 'unknown-encoding' | 'undecodable' | 'overloaded';

/** Calls `done` once, with the decompressed body or the reason why there is none. */
export type ReadBody = (request: IncomingMessage, response: ServerResponse, done: BodyDone) => void;

type BodyDone = (body: Buffer | BodyProblem) => void;

type Limits = Readonly<{
  /** The most bytes of one decompressed body. */
  limitBytes: number;
  /** The most decompressed bytes of all bodies being received at the same time. */
  receivingBytes: number;
}>;

/** By Content-Encoding (RFC 9110, 8.4.1); null if there is nothing to decompress. */
const decoders: ReadonlyMap<string, (() => Transform) | null> = new Map([
  ['identity', null],
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/**
 * Reads bodies at low cost: an uncompressed one needs no extra stream and no promise (see bench/README.md). A declared
 * length over the limit is refused before a byte is read, and before `100 Continue` is sent. After a problem nothing of
 * the body is kept; whoever answers discards the rest.
 */
export function createReadBody({ limitBytes, receivingBytes }: Limits): ReadBody {
  let receiving = 0;

  const collect = (request: IncomingMessage, decoder: Transform | null, expected: number, done: BodyDone): void => {
    const source: Readable = decoder ?? request;
    const collected = createByteCollector(expected);
    let ended = false;
    const end = (body: Buffer | BodyProblem): void => {
      if (ended) return;
      ended = true;
      receiving -= collected.length();
      if (typeof body === 'string') source.off('data', take);
      decoder?.destroy();
      done(body);
    };
    const take = (piece: Buffer): void => {
      receiving += piece.length;
      collected.add(piece);
      if (collected.length() > limitBytes) end('too-large');
      else if (receiving > receivingBytes) end('overloaded');
    };
    source.on('data', take).on('end', () => end(collected.bytes()));
    // node:http emits an error if a request ends before its declared length.
    request.on('error', () => end('aborted'));
    if (decoder !== null) request.pipe(decoder).on('error', () => end('undecodable'));
  };

  return (request, response, done) => {
    const { headers, httpVersion } = request;
    const createDecoder = decoders.get(headers['content-encoding']?.trim().toLowerCase() ?? 'identity');
    const declared = Number(headers['content-length'] ?? 0);
    if (createDecoder === undefined) return done('unknown-encoding');
    if (createDecoder === null && declared > limitBytes) return done('too-large');
    if (receiving + Math.min(declared, limitBytes) > receivingBytes) return done('overloaded');
    if (headers.expect !== undefined && httpVersion === '1.1') response.writeContinue();
    if (createDecoder === null) collect(request, null, declared, done);
    else collect(request, createDecoder(), 0, done);
  };
}
