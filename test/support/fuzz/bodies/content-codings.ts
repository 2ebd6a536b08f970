import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { Draw } from '../draw.ts';
import { BODY_LIMIT } from '../http-request.ts';
import { mutateBytes } from '../mutate-bytes.ts';

/** A body as it is sent, its Content-Encoding, and what may be answered; null: what the body itself gives. */
export type Coded = Readonly<{ name: string; encoding: string; bytes: Buffer; statuses: readonly number[] | null }>;

type Coding = Readonly<{ encoding: string; code: (bytes: Buffer) => Buffer }>;

const codings: readonly Coding[] = [
  { encoding: 'gzip', code: (bytes) => gzipSync(bytes, { level: 1 }) },
  { encoding: 'x-gzip', code: (bytes) => gzipSync(bytes, { level: 1 }) },
  { encoding: 'GZip', code: (bytes) => gzipSync(bytes, { level: 1 }) },
  { encoding: 'deflate', code: (bytes) => deflateSync(bytes, { level: 1 }) },
  {
    encoding: 'br',
    code: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  },
];

const BOMB_BYTES = 100 * BODY_LIMIT;
const bombs = new Map<string, Buffer>();

/** Bytes that are a hundred times the limit once they are inflated. */
function bombOf({ encoding, code }: Coding): Buffer {
  const bomb = bombs.get(encoding) ?? code(Buffer.alloc(BOMB_BYTES));
  bombs.set(encoding, bomb);
  return bomb;
}

const inParts = (body: Buffer): readonly Buffer[] => [
  body.subarray(0, body.length >> 1),
  body.subarray(body.length >> 1),
];

type Way = (draw: Draw, body: Buffer) => Coded;

const ways: readonly Way[] = [
  (draw, body) => {
    const { encoding, code } = draw.pick(codings);
    return { name: 'coded', encoding, bytes: code(body), statuses: null };
  },
  (draw, body) => {
    const { encoding, code } = draw.pick(codings);
    // What is behind the end is dropped where the coding has one, or the body is not what it says.
    const bytes = mutateBytes(code(body), draw);
    return { name: 'coded and mutated', encoding, bytes, statuses: [202, 400, 413] };
  },
  (draw, body) => {
    const { encoding, code } = draw.pick(codings);
    const bytes = code(body);
    // Too little is left for an end of the stream, so nothing is taken for whole.
    return {
      name: 'coded and cut off',
      encoding,
      bytes: bytes.subarray(0, draw.below(bytes.length)),
      statuses: [400, 413],
    };
  },
  (draw, body) => ({
    name: 'not coded as it says',
    encoding: draw.pick(codings).encoding,
    bytes: draw.chance(0.5) ? body : deflateRawSync(body),
    statuses: [202, 400, 413],
  }),
  (draw, body) => {
    const { encoding, code } = draw.pick(codings);
    return { name: 'coded twice', encoding, bytes: code(code(body)), statuses: [400, 413] };
  },
  (_draw, body) => ({
    name: 'gzip in two members',
    encoding: 'gzip',
    bytes: Buffer.concat(inParts(body).map((part) => gzipSync(part, { level: 1 }))),
    statuses: null,
  }),
  (draw) => {
    const coding = draw.pick(codings);
    return { name: 'a bomb', encoding: coding.encoding, bytes: bombOf(coding), statuses: [413] };
  },
  (draw, body) => ({
    name: 'a coding that is not taken',
    encoding: draw.pick([
      'zstd',
      'compress',
      'gzip, gzip',
      'gzip, br',
      'chunked',
      '',
      ',',
      'gzip;q=1',
      'x'.repeat(999),
    ]),
    bytes: body,
    statuses: [415],
  }),
];

/** A body with a Content-Encoding, right or wrong. */
export const codedBody = (draw: Draw, body: Buffer): Coded => draw.pick(ways)(draw, body);
