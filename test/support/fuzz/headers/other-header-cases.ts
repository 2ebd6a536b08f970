import { adding, replacing, without } from '../http-request.ts';
import { type HeaderCase, made } from './header-case.ts';

/** The most bytes of all headers (README.md). */
const HEADER_BYTES = 16_384;

/** All other headers, and what is none. */
export const otherHeaderCases: readonly HeaderCase[] = [
  { name: 'no Host', make: (_draw, request) => made(without(request, 'host'), 400) },
  {
    name: 'another Host',
    make: (draw, request) => {
      const value = draw.pick(['', ' ', ',', 'a b', '[', 'x:99999', 'http://x', '\xff', 'x'.repeat(draw.size(8_000))]);
      return made(replacing(request, 'host', value), 202, 400);
    },
  },
  {
    name: 'an address that a proxy might have written',
    make: (draw, request) => {
      const name = draw.pick([
        'x-forwarded-for',
        'forwarded',
        'x-real-ip',
        'x-forwarded-proto',
        'via',
        'x-http-method-override',
      ]);
      const value = draw.pick([
        '127.0.0.1',
        'for="[::1]"',
        ', '.repeat(draw.size(4_000)),
        '\xff',
        'GET',
        '%0d%0a',
        '-1',
      ]);
      return made(adding(request, [name, value]), 202);
    },
  },
  {
    name: 'an expectation that nobody knows',
    make: (draw, request) => made(adding(request, ['expect', draw.pick(['tea', '', '200-ok', '\xff'])]), 417),
  },
  {
    name: 'something else said of the connection',
    make: (draw, request) => {
      const value = draw.pick([
        'close, keep-alive',
        'x',
        'close, close',
        'host, authorization',
        ',',
        'upgrade',
        ';',
        'close'.repeat(999),
      ]);
      return made(
        adding(
          request,
          ['connection', value],
          ['keep-alive', 'timeout=-1'],
          ['upgrade', draw.pick(['h2c', 'websocket', 'x'])],
        ),
        202,
      );
    },
  },
  {
    name: 'many headers',
    make: (draw, request) => {
      const name = draw.pick(['a', 'cookie', '__proto__', 'set-cookie', 'x-y', 'constructor']);
      // Of the headers, node:http counts the names and the values.
      const count = Math.floor(draw.size(HEADER_BYTES - 1_000) / name.length);
      const many = Array.from({ length: count }, () => [name, ''] as const);
      return made(adding(request, ...many), 202);
    },
  },
  {
    name: 'headers over the limit',
    make: (draw, request) => {
      const long = 'x'.repeat(HEADER_BYTES + draw.size(100_000));
      return draw.pick([
        () => made(adding(request, ['x', long]), 431),
        () => made(adding(request, [long, 'x']), 431),
        () => made({ ...request, target: `/${long}` }, 431),
        () => made(adding(request, ...Array.from({ length: 5_000 }, () => ['name', 'value'] as const)), 431),
        () => made(replacing(request, 'authorization', `Bearer ${long}`), 431),
      ])();
    },
  },
  {
    name: 'a header that is none',
    make: (draw, request) => {
      const [name, value] = draw.pick([
        ['x', '\0'],
        ['x', '\x01'],
        ['x', '\x7f'],
        ['x', 'a\rb'],
        ['x\0', 'y'],
        ['', 'y'],
        ['x y', 'z'],
        ['x\x7f', 'y'],
        ['\xff', 'y'],
        ['(x)', 'y'],
        [' x', 'y'],
        ['x ', 'y'],
        ['x\t', 'y'],
        ['x\r\ny', 'z'],
      ] as const);
      return { request: adding(request, [name, value]), expected: { kind: 'some' } };
    },
  },
  {
    name: 'a header over several lines',
    make: (draw, request) =>
      made(
        adding(request, ['x', `a${draw.pick(['\r\n b', '\r\n\tb', '\n b', '\r\n '])}`.repeat(draw.size(100))]),
        202,
        400,
      ),
  },
];
