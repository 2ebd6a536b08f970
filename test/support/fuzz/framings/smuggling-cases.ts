import { oneAnswer, sending } from '../fuzz-case.ts';
import { adding, headOf, last, rendered, sized, whole } from '../http-request.ts';
import { chunked } from './chunks.ts';
import { bytes, exchange, type FramingCase, joined, some } from './framing-case.ts';

/** Requests that two parsers may cut at different places. Where the standard has one reading, only that is right: that it is none. */
export const smugglingCases: readonly FramingCase[] = [
  {
    name: 'a length and chunks',
    make: (draw, request) => {
      const hidden = joined(bytes('0\r\n\r\n'), whole(request(1)));
      const both = [
        ['content-length', String(draw.pick([0, 5, hidden.length]))],
        ['transfer-encoding', 'chunked'],
      ] as const;
      const headers = draw.chance(0.5) ? both : [both[1], both[0]];
      return exchange(oneAnswer(400), sending(joined(headOf(adding(request(0), ...headers)), hidden)));
    },
  },
  {
    name: 'a transfer coding that is not chunked alone',
    make: (draw, request) => {
      const value = draw.pick([
        'gzip',
        'identity',
        'gzip, chunked',
        'chunked, identity',
        'chunked, chunked',
        'xchunked',
        'chunkedx',
        '"chunked"',
        'chunked;q=1',
        '\x0bchunked',
        '',
        ',',
        'chunked,',
        'chunke',
        'chunked\0',
      ]);
      return exchange(
        oneAnswer(400, 501),
        sending(
          joined(headOf(adding(request(0), ['transfer-encoding', value])), bytes('0\r\n\r\n'), whole(request(1))),
        ),
      );
    },
  },
  {
    name: 'a transfer coding written in a way that some overlook',
    make: (draw, request) => {
      const line = draw.pick([
        'Transfer-Encoding : chunked',
        ' transfer-encoding: chunked',
        'transfer-encoding:\tchunked',
        'x: y\ntransfer-encoding: chunked',
        'transfer-encoding:\r\n chunked',
        'transfer_encoding: chunked',
        'transfer-encoding\0: chunked',
      ]);
      const head = headOf(sized(request(0)))
        .toString('latin1')
        .replace(/\r\n\r\n$/, `\r\n${line}\r\n\r\n`);
      return exchange(some, sending(joined(bytes(head), request(0).body, whole(last(request(1))))));
    },
  },
  {
    name: 'two transfer codings',
    make: (draw, request) => {
      const [first, second] = draw.pick([
        ['chunked', 'chunked'],
        ['gzip', 'chunked'],
        ['chunked', 'identity'],
        ['', 'chunked'],
      ] as const);
      const two = adding(request(0), ['transfer-encoding', first], ['transfer-encoding', second]);
      return exchange(oneAnswer(400, 501), sending(joined(headOf(two), bytes('0\r\n\r\n'), whole(request(1)))));
    },
  },
  {
    name: 'chunks in HTTP/1.0',
    make: (draw, request) => exchange(some, sending(rendered(chunked({ ...request(0), version: 'HTTP/1.0' }, draw)))),
  },
];
