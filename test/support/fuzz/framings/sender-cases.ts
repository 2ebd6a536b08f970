import type { Draw } from '../draw.ts';
import { type Expected, oneAnswer, type Step, sending } from '../fuzz-case.ts';
import { type HttpRequest, last, rendered, whole } from '../http-request.ts';
import { chunked } from './chunks.ts';
import { answers, bytes, exchange, type FramingCase, joined } from './framing-case.ts';

const end: Expected = { kind: 'end' };
const nothing: Expected = { kind: 'nothing' };
const halfClose: Step = { kind: 'half-close' };

/** Some bytes of the request, but neither none nor all of them. */
function partOf(draw: Draw, request: HttpRequest): Buffer {
  const all = draw.chance(0.3) ? rendered(chunked(request, draw)) : whole(request);
  return all.subarray(0, 1 + draw.below(all.length - 1));
}

/** Senders that are slow, go away, or only close their own side. */
export const senderCases: readonly FramingCase[] = [
  {
    name: 'byte by byte',
    make: (draw, request) => {
      const all = draw.chance(0.5) ? whole(last(request(0))) : rendered(chunked(last(request(0)), draw));
      return exchange(oneAnswer(202), sending(all, Math.min(all.length, 1_500)));
    },
  },
  {
    name: 'a sender that stops in the middle',
    make: (draw, request) => exchange(oneAnswer(408), sending(partOf(draw, request(0)), 1 + draw.below(3))),
  },
  {
    name: 'a sender that closes its side behind its request',
    make: (draw, request) => {
      const all = draw.chance(0.5) ? whole(request(0)) : rendered(chunked(request(0), draw));
      return exchange(oneAnswer(202), sending(all), halfClose);
    },
  },
  {
    name: 'a sender that closes its side behind several requests',
    make: (draw, request) => {
      const all = Array.from({ length: 2 + draw.below(4) }, (_, index) => whole(request(index)));
      return exchange(answers(...all.map(() => [202])), sending(joined(...all)), halfClose);
    },
  },
  {
    name: 'a sender that closes its side within its request',
    make: (draw, request) => exchange(oneAnswer(400), sending(partOf(draw, request(0))), halfClose),
  },
  {
    name: 'a sender that sends line ends behind its last request, and reads after that',
    make: (draw, request) => {
      const ends = '\r\n'.repeat(1 + draw.size(400));
      const stream = joined(whole(last(request(0))), bytes(ends));
      return exchange(oneAnswer(202), { kind: 'stop-reading' }, sending(stream, Math.min(stream.length, 500)), {
        kind: 'read-on',
      });
    },
  },
  { name: 'nothing but an end', make: () => exchange(end, halfClose) },
  {
    name: 'nothing but empty lines, and an end',
    make: (draw) => exchange(end, sending(bytes('\r\n'.repeat(draw.size(20)))), halfClose),
  },
  {
    name: 'a reset within a request',
    make: (draw, request) => exchange(nothing, sending(partOf(draw, request(0))), { kind: 'reset' }),
  },
  {
    name: 'a reset behind a request',
    make: (_draw, request) => exchange(nothing, sending(whole(request(0))), { kind: 'reset' }),
  },
  {
    name: 'a close within a request',
    make: (draw, request) => exchange(nothing, sending(partOf(draw, request(0))), { kind: 'close' }),
  },
  {
    name: 'a close behind several requests',
    make: (draw, request) => {
      const all = Array.from({ length: 1 + draw.below(20) }, (_, index) => whole(request(index)));
      return exchange(nothing, sending(joined(...all)), { kind: draw.pick(['close', 'reset']) });
    },
  },
];
