import { oneAnswer, sending } from '../fuzz-case.ts';
import { adding, BODY_LIMIT, last, rendered, sized } from '../http-request.ts';
import { exchange, type FramingCase, some } from './framing-case.ts';

/** What a sender says of the length of its body. */
export const lengthCases: readonly FramingCase[] = [
  {
    name: 'a length that is none',
    make: (draw, request) => {
      const value = draw.pick([
        '-1',
        '+5',
        '1e3',
        '0x10',
        '5 5',
        '5,5',
        '9'.repeat(draw.size(8_000) + 20),
        'two',
        '',
        '5;',
        '\xb2',
        '-0',
        '1.0',
      ]);
      return exchange(oneAnswer(400, 413), sending(rendered(adding(last(request(0)), ['content-length', value]))));
    },
  },
  {
    name: 'a length over the limit',
    make: (draw, request) => {
      const value = String(draw.pick([BODY_LIMIT + 1, 2 ** 31, 2 ** 32 + 5, 2 ** 53 - 1, 2 ** 53]));
      return exchange(oneAnswer(413), sending(rendered(adding(last(request(0)), ['content-length', value]))));
    },
  },
  {
    name: 'several lengths',
    make: (draw, request) => {
      const other = draw.pick([
        ['content-length', '5'],
        ['Content-Length', '0'],
        ['content-length', '99999'],
      ] as const);
      const several = draw.chance(0.5) ? adding(sized(request(0)), other) : sized(adding(request(0), other));
      return exchange(oneAnswer(400), sending(rendered(last(several))));
    },
  },
  {
    name: 'a length longer than the body',
    make: (draw, request) => {
      const length = request(0).body.length + draw.size(10_000);
      return exchange(oneAnswer(408), sending(rendered(adding(last(request(0)), ['content-length', String(length)]))));
    },
  },
  {
    name: 'a length shorter than the body',
    make: (draw, request) => {
      const length = draw.below(request(0).body.length);
      return exchange(some, sending(rendered(adding(request(0), ['content-length', String(length)]))));
    },
  },
  { name: 'no length', make: (_draw, request) => exchange(some, sending(rendered(request(0)))) },
];
