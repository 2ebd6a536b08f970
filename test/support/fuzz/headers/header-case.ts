import type { Draw } from '../draw.ts';
import { type Expected, oneAnswer } from '../fuzz-case.ts';
import type { HttpRequest } from '../http-request.ts';

/** Something done to the line or the headers of a valid webhook's request, and what must come of it. */
export type HeaderCase = Readonly<{ name: string; make: (draw: Draw, request: HttpRequest) => MadeRequest }>;

export type MadeRequest = Readonly<{ request: HttpRequest; expected: Expected; bodiless?: boolean }>;

/** A request, answered once with one of these. */
export const made = (request: HttpRequest, ...statuses: readonly number[]): MadeRequest => ({
  request,
  expected: oneAnswer(...statuses),
});
