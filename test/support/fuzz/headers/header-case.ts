import type { Draw } from '../draw.ts';
import { type Expected, oneAnswer } from '../fuzz-case.ts';
import type { HttpRequest } from '../http-request.ts';

/** A variation of the request line or headers of a valid webhook, and what must happen. */
export type HeaderCase = Readonly<{ name: string; make: (draw: Draw, request: HttpRequest) => MadeRequest }>;

export type MadeRequest = Readonly<{ request: HttpRequest; expected: Expected; bodiless?: boolean }>;

/** A request that must get exactly one answer, with one of these statuses. */
export const made = (request: HttpRequest, ...statuses: readonly number[]): MadeRequest => ({
  request,
  expected: oneAnswer(...statuses),
});
