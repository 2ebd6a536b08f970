import { oneAnswer, sending } from '../fuzz-case.ts';
import { BODY_LIMIT, last, rendered } from '../http-request.ts';
import { chunked, chunksOf, saidChunked } from './chunks.ts';
import { bytes, exchange, type FramingCase, joined, some } from './framing-case.ts';

/** Bodies in chunks, and in what is none. */
export const chunkCases: readonly FramingCase[] = [
  {
    name: 'chunks',
    make: (draw, request) =>
      exchange(oneAnswer(202), sending(rendered(chunked(last(request(0)), draw)), 1 + draw.below(20))),
  },
  {
    name: 'a chunk size that is none',
    make: (draw, request) => {
      const size = draw.pick([
        'x',
        '-1',
        '0x10',
        '',
        ' ',
        '+5',
        '1g',
        'f'.repeat(draw.size(2_000) + 17),
        '\0',
        '5\r5',
        '0;',
        '\xb2',
      ]);
      return exchange(some, sending(rendered(saidChunked(last(request(0)), bytes(`${size}\r\n{}\r\n0\r\n\r\n`)))));
    },
  },
  {
    name: 'a chunk of another size than it says',
    make: (draw, request) => {
      const { body } = request(0);
      const size = (body.length + draw.pick([-1, 1, 100, -100, 2 ** 20, 2 ** 40])).toString(16);
      return exchange(
        some,
        sending(rendered(saidChunked(last(request(0)), joined(bytes(`${size}\r\n`), body, bytes('\r\n0\r\n\r\n'))))),
      );
    },
  },
  {
    name: 'chunks with line ends that are none',
    make: (draw, request) => {
      const [size, behind] = draw.pick([
        ['\n', '\r\n'],
        ['\r\n', '\n'],
        ['\r', '\r\n'],
        ['\r\n', ''],
        ['\r\n\r\n', '\r\n'],
        ['\r\n', '\r\nx'],
      ] as const);
      return exchange(some, sending(rendered(saidChunked(last(request(0)), bytes(`2${size}{}${behind}0\r\n\r\n`)))));
    },
  },
  {
    name: 'chunk extensions over the limit',
    make: (draw, request) => {
      const extension = `;${draw.pick(['x', 'a=b;', '"', 'a="\\'])}`.repeat(20_000);
      return exchange(
        oneAnswer(400, 413),
        sending(rendered(saidChunked(last(request(0)), bytes(`2${extension}\r\n{}\r\n0\r\n\r\n`)))),
      );
    },
  },
  {
    name: 'trailers',
    make: (draw, request) => {
      const trailers = draw.pick([
        'content-length: 3\r\n',
        'transfer-encoding: gzip\r\n',
        'x\r\n',
        ': \r\n',
        'x: \0\r\n',
        'a: b\r\n'.repeat(draw.size(20_000)),
      ]);
      const { body } = request(0);
      return exchange(
        some,
        sending(rendered(saidChunked(last(request(0)), joined(chunksOf(body, 100), bytes(`0\r\n${trailers}\r\n`))))),
      );
    },
  },
  {
    name: 'chunks without end',
    make: (draw, request) => {
      const size = 1 + draw.size(65_536);
      const endless = chunksOf(Buffer.alloc(3 * BODY_LIMIT, 'x'), Math.max(256, size));
      return exchange(oneAnswer(413), sending(rendered(saidChunked(request(0), endless)), 1 + draw.below(50)));
    },
  },
  {
    name: 'many chunks of a byte',
    make: (draw, request) => {
      const { body } = request(0);
      return exchange(
        oneAnswer(202),
        sending(
          rendered(saidChunked(last(request(0)), joined(chunksOf(body, 1, draw.pick(['', ';a'])), bytes('0\r\n\r\n')))),
        ),
      );
    },
  },
];
