import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { gatherBytes } from './gather-bytes.ts';

/**
 * Why there is no body.
 * - `aborted`: the sender went away, or its request was refused, before the body's end.
 * - `too-large`: it is over the limit, inflated.
 * - `unknown-encoding`: its Content-Encoding is none of gzip, deflate, br and identity, or several.
 * - `undecodable`: it is not what its Content-Encoding says.
 * - `overloaded`: the process receives as many bytes at once as it may hold; the same request may be sent again.
 */
export type BodyProblem = 'aborted' | 'too-large' | 'unknown-encoding' | 'undecodable' | 'overloaded';

/** Calls `done` once, with the body's bytes, inflated, or with why there are none. */
export type ReadBody = (request: IncomingMessage, response: ServerResponse, done: BodyDone) => void;

type BodyDone = (body: Buffer | BodyProblem) => void;

type Limits = Readonly<{
  /** The most bytes of one body, inflated. */
  limitBytes: number;
  /** The most bytes of all bodies that are being received at the same time, inflated. */
  receivingBytes: number;
}>;

/** By Content-Encoding (RFC 9110, 8.4.1); null: the bytes are the body. */
const decoders: ReadonlyMap<string, (() => Transform) | null> = new Map([
  ['identity', null],
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/**
 * Reads bodies without more than they need: a plain one has no stream of its own and no promise (see bench/README.md).
 * A declared length over the limit is refused before a byte is read, and only then a sender that waits for
 * `100 Continue` gets it. After a problem nothing of the body is kept, and the rest is the answer's to discard.
 */
export function createReadBody({ limitBytes, receivingBytes }: Limits): ReadBody {
  let receiving = 0;

  const collect = (request: IncomingMessage, decoder: Transform | null, expected: number, done: BodyDone): void => {
    const source: Readable = decoder ?? request;
    const gathered = gatherBytes(expected);
    let ended = false;
    const end = (body: Buffer | BodyProblem): void => {
      if (ended) return;
      ended = true;
      receiving -= gathered.length();
      if (typeof body === 'string') source.off('data', take);
      decoder?.destroy();
      done(body);
    };
    const take = (piece: Buffer): void => {
      receiving += piece.length;
      gathered.add(piece);
      if (gathered.length() > limitBytes) end('too-large');
      else if (receiving > receivingBytes) end('overloaded');
    };
    source.on('data', take).on('end', () => end(gathered.bytes()));
    // node:http ends a request that ends before its length with an error.
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
