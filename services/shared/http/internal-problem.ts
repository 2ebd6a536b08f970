import type { ErrorRequestHandler } from 'express';
import { sendProblem } from './problem.ts';

/** The last handler of an app: what was thrown is a bug or an outage, and an answer says nothing of its inside. */
export const internalProblem: ErrorRequestHandler = (_error, _request, response, _next) => {
  // An answer that has begun cannot be taken back, only cut. Express itself would print the error's stack too.
  if (response.headersSent) response.destroy();
  else sendProblem(response, { status: 500, title: 'Internal error', detail: 'The log of the service tells more' });
};
