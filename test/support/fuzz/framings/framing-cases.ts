import { validBody } from '../bodies/bodies.ts';
import type { Draw } from '../draw.ts';
import type { Exchange } from '../fuzz-case.ts';
import { eventIdOf, type HttpRequest, webhookRequest } from '../http-request.ts';
import { chunkCases } from './chunk-cases.ts';
import type { FramingCase } from './framing-case.ts';
import { lengthCases } from './length-cases.ts';
import { otherProtocolCases } from './other-protocol-cases.ts';
import { pipeliningCases } from './pipelining-cases.ts';
import { senderCases } from './sender-cases.ts';
import { smugglingCases } from './smuggling-cases.ts';

const cases: readonly FramingCase[] = [
  ...lengthCases,
  ...chunkCases,
  ...smugglingCases,
  ...pipeliningCases,
  ...senderCases,
  ...otherProtocolCases,
];

/** Valid webhooks, laid out and sent in another way. */
export function framingCase(draw: Draw, number: number): Exchange {
  const { name, make } = draw.pick(cases);
  const bodies = new Map<number, Buffer>();
  const request = (index: number): HttpRequest => {
    const body = bodies.get(index) ?? Buffer.from(validBody(draw, eventIdOf(number, index)));
    bodies.set(index, body);
    return webhookRequest(number, index, body);
  };
  return { what: `framing: ${name}`, ...make(draw, request) };
}
