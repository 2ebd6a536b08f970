import type { ErrorRequestHandler } from 'express';
import { sendProblem } from './problem.ts';

/** The last error handler of an app. The error is a bug or an outage, and the answer reveals nothing about it. */
export const internalProblem: ErrorRequestHandler = (_error, _request, response, _next) => {
  // An answer that has begun cannot be replaced, only cut off. Express's own handler would also print the error's stack.
  if (response.headersSent) response.destroy();
  else sendProblem(response, { status: 500, title: 'Internal error', detail: 'The log of the service tells more' });
};
