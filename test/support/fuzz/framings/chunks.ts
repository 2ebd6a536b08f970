import type { Draw } from '../draw.ts';
import { adding, type HttpRequest } from '../http-request.ts';

/** The bytes as chunks of these sizes at most, without the last chunk. */
export function chunksOf(bytes: Buffer, size: number, extension = ''): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat(chunks);
}

/** The request with this as its body, whatever it is, said to be in chunks. */
export const saidChunked = (request: HttpRequest, body: Buffer): HttpRequest => ({
  ...adding(request, ['transfer-encoding', 'chunked']),
  body,
});

/** The request with its body in chunks, as the standard has it. */
export function chunked(request: HttpRequest, draw: Draw): HttpRequest {
  const { body } = request;
  // Not millions of chunks of a byte.
  const size = Math.max(draw.size(65_536), Math.ceil(body.length / 10_000));
  const extension = draw.pick(['', '', '', ';a', ';a=b', ';a="b c"']);
  const trailers = draw.pick(['', '', '', 'x: y\r\n', 'authorization: Bearer none\r\n']);
  const end = Buffer.from(`${draw.pick(['0', '000'])}\r\n${trailers}\r\n`);
  return saidChunked(request, Buffer.concat([chunksOf(body, size, extension), end]));
}
