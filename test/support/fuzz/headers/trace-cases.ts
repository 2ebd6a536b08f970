import { adding, replacing } from '../http-request.ts';
import { type HeaderCase, made } from './header-case.ts';

/** What a sender says of its trace. It never decides whether a webhook is taken. */
export const traceCases: readonly HeaderCase[] = [
  {
    name: 'a traceparent that is none',
    make: (draw, request) => {
      const value = draw.pick([
        '',
        '-',
        '00',
        '00-0-0-0',
        `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`,
        `ff-${'a'.repeat(32)}-${'a'.repeat(16)}-00`,
        `00-${'A'.repeat(32)}-${'a'.repeat(16)}-00`,
        `00-${'a'.repeat(32)}-${'a'.repeat(16)}-00-x`,
        'x'.repeat(draw.size(8_000)),
        '0'.repeat(draw.size(8_000)),
        `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01-${'-'.repeat(draw.size(4_000))}`,
        '\xff',
      ]);
      return made(replacing(request, 'traceparent', value), 202);
    },
  },
  {
    name: 'several traceparents',
    make: (_draw, request) => made(adding(request, ['traceparent', `00-${'a'.repeat(32)}-${'a'.repeat(16)}-00`]), 202),
  },
  {
    name: 'a tracestate',
    make: (draw, request) => {
      const unit = draw.pick(['a=b,', 'a=', ',', '=', ' ', 'a@b=c,', '*', 'a=\xff,', 'a= ,', 'a=b\t,', 'x', '0=1 , ']);
      return made(adding(request, ['tracestate', unit.repeat(Math.ceil(draw.size(12_000) / unit.length))]), 202);
    },
  },
];
