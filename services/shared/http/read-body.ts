import express, { type RequestHandler } from 'express';

/**
 * Puts the body's bytes, inflated, into `request.body`; one over `limitBytes` is an error of type `entity.too.large`.
 * A body as nearly all come, plain and with its length, is read here: body-parser costs a third of a whole request (see
 * bench/README.md). All others are body-parser's.
 */
export function readBody(limitBytes: number): RequestHandler {
  const parseBody = express.raw({ type: () => true, limit: limitBytes });
  return (request, response, next) => {
    const length = Number(request.headers['content-length']);
    if (request.headers['content-encoding'] !== undefined || !(length <= limitBytes))
      return parseBody(request, response, next);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      request.body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      next();
    });
    // node:http ends a request that ends before its length with an error.
    request.on('error', () => next({ type: 'request.aborted' }));
  };
}
