import { validBody } from '../bodies/bodies.ts';
import type { Draw } from '../draw.ts';
import { type Exchange, sending } from '../fuzz-case.ts';
import { eventIdOf, headOf, last, rendered, sized, webhookRequest } from '../http-request.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { chunked } from './chunks.ts';

/**
 * One to three requests behind each other, with some bytes changed in the head or in the body of one, never in both: so a
 * record still has the trace id of what is answered 202, or its event's id.
 */
export function mutatedStream(draw: Draw, number: number): Exchange {
  const count = 1 + draw.below(3);
  const mutatedIndex = draw.below(count);
  const inHead = draw.chance(0.7);
  const all = Array.from({ length: count }, (_, index) => {
    const plain = webhookRequest(number, index, Buffer.from(validBody(draw, eventIdOf(number, index))));
    const ending = index === count - 1 ? last(plain) : plain;
    const request = draw.chance(0.3) ? chunked(ending, draw) : sized(ending);
    const bytes = rendered(request);
    if (index !== mutatedIndex) return bytes;
    const headLength = headOf(request).length;
    return inHead ? mutateBytes(bytes, draw, 0, headLength) : mutateBytes(bytes, draw, headLength);
  });
  const stream = Buffer.concat(all);
  return {
    what: `stream: bytes of ${inHead ? 'a head' : 'a body'} changed`,
    steps: [sending(stream, 1 + draw.below(5))],
    expected: { kind: stream.length === 0 ? 'end' : 'some' },
  };
}
