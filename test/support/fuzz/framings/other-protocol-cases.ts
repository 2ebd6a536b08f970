import { oneAnswer, sending } from '../fuzz-case.ts';
import { bytes, exchange, type FramingCase, joined, some } from './framing-case.ts';

/** What is no HTTP/1. */
export const otherProtocolCases: readonly FramingCase[] = [
  {
    name: 'a TLS handshake',
    make: (draw) =>
      exchange(oneAnswer(400), sending(joined(bytes('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'), draw.bytes(300)))),
  },
  {
    name: 'HTTP/2',
    make: (draw) =>
      exchange(oneAnswer(400), sending(joined(bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), draw.bytes(50)))),
  },
  {
    name: 'HTTP/0.9',
    make: (draw) =>
      exchange(some, sending(bytes(draw.pick(['GET /\r\n', 'GET /webhooks/vxt\r\n\r\n', 'POST\r\n\r\n'])))),
  },
  { name: 'random bytes', make: (draw) => exchange(some, sending(draw.bytes(draw.size(4_096)), 1 + draw.below(4))) },
  {
    name: 'a long line',
    make: (draw) =>
      exchange(
        some,
        sending(Buffer.alloc(draw.size(100_000), draw.pick(['x', ' ', '\r\n', '\n', 'POST ', 'a: b\r\n']))),
      ),
  },
];
