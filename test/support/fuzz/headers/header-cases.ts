import { validBody } from '../bodies/bodies.ts';
import type { Draw } from '../draw.ts';
import { type Exchange, sending } from '../fuzz-case.ts';
import { eventIdOf, headOf, last, sized, webhookRequest, whole } from '../http-request.ts';
import { authorizationCases } from './authorization-cases.ts';
import type { HeaderCase } from './header-case.ts';
import { mediaTypeCases } from './media-type-cases.ts';
import { otherHeaderCases } from './other-header-cases.ts';
import { requestLineCases } from './request-line-cases.ts';
import { traceCases } from './trace-cases.ts';

const cases: readonly HeaderCase[] = [
  ...authorizationCases,
  ...mediaTypeCases,
  ...traceCases,
  ...requestLineCases,
  ...otherHeaderCases,
];

/** A valid webhook in a request that something was done to. */
export function headerCase(draw: Draw, number: number): Exchange {
  const { name, make } = draw.pick(cases);
  const valid = webhookRequest(number, 0, Buffer.from(validBody(draw, eventIdOf(number, 0))));
  const { request, expected, bodiless = false } = make(draw, valid);
  const ending = last(request);
  // Some senders write the head first.
  const steps = draw.chance(0.2) ? [sending(headOf(sized(ending))), sending(ending.body)] : [sending(whole(ending))];
  return { what: `headers: ${name}`, steps, expected, bodiless };
}
