import { oneAnswer, sending } from '../fuzz-case.ts';
import { adding, headOf, last, rendered, sized, whole } from '../http-request.ts';
import { saidChunked } from './chunks.ts';
import { answers, bytes, exchange, type FramingCase, joined, some } from './framing-case.ts';

/** Several requests on a connection, without waiting for answers, and bodies that wait for one. */
export const pipeliningCases: readonly FramingCase[] = [
  {
    name: 'several requests without waiting',
    make: (draw, request) => {
      const count = 2 + draw.below(20);
      const all = Array.from({ length: count }, (_, index) =>
        whole(index === count - 1 ? last(request(index)) : request(index)),
      );
      return exchange(answers(...all.map(() => [202])), sending(joined(...all), 1 + draw.below(10)));
    },
  },
  {
    name: 'a bad request behind good ones, without waiting',
    make: (draw, request) => {
      const count = 1 + draw.below(5);
      const good = Array.from({ length: count }, (_, index) => whole(request(index)));
      const bad = draw.pick([
        'hello\r\n\r\n',
        'POST / HTTP/1.1\r\n\r\n',
        '\0\0\0\0',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'GET / HTTP/9.9\r\nhost: x\r\n\r\n',
      ]);
      return exchange(answers(...good.map(() => [202]), [400]), sending(joined(...good, bytes(bad))));
    },
  },
  {
    name: 'a request that is refused at its head and broken behind it, behind good ones, without waiting',
    make: (draw, request) => {
      const good = Array.from({ length: 1 + draw.below(5) }, (_, index) => whole(request(index)));
      const refused = { ...request(good.length), target: '/' };
      const broken = rendered(saidChunked(refused, bytes(draw.pick(['x\r\n', '-1\r\n', '5\r\n{}\r\n\r\n0\r\n\r\n']))));
      return exchange(answers(...good.map(() => [202]), [404]), sending(joined(...good, broken), 1 + draw.below(3)));
    },
  },
  {
    name: 'refused and good requests without waiting',
    make: (draw, request) => {
      const count = 2 + draw.below(8);
      const paths = Array.from({ length: count }, () => draw.pick(['/', '/webhooks/vxt']));
      const all = paths.map((target, index) => {
        const one = { ...request(index), target };
        return whole(index === count - 1 ? last(one) : one);
      });
      return exchange(answers(...paths.map((target) => [target === '/' ? 404 : 202])), sending(joined(...all)));
    },
  },
  {
    name: 'empty lines between requests',
    make: (draw, request) => {
      const line = draw.pick(['\r\n', '\n', '\r\n\r\n', '\r\n'.repeat(draw.size(2_000))]);
      return exchange(
        answers([202], [202]),
        sending(joined(bytes(line), whole(request(0)), bytes(line), whole(last(request(1))))),
      );
    },
  },
  {
    name: 'something between requests',
    make: (draw, request) => {
      const between = draw.pick(['x', ' ', '\r', '\0', '{}', '0\r\n\r\n', '\r\n \r\n']);
      return exchange(some, sending(joined(whole(request(0)), bytes(between), whole(last(request(1))))));
    },
  },
  {
    name: 'another protocol is asked for, with more behind it',
    make: (draw, request) => {
      const upgrade = adding(request(0), ['connection', 'upgrade'], ['upgrade', draw.pick(['h2c', 'websocket'])]);
      return exchange(oneAnswer(202), sending(joined(whole(upgrade), whole(request(1)))));
    },
  },
  {
    name: 'a body after 100 Continue',
    make: (_draw, request) => {
      const expecting = adding(sized(last(request(0))), ['expect', '100-continue']);
      return exchange(
        answers([100], [202]),
        sending(headOf(expecting)),
        { kind: 'await-answers', count: 1 },
        sending(expecting.body),
      );
    },
  },
  {
    name: 'a body without waiting for 100 Continue',
    make: (_draw, request) =>
      exchange(answers([100], [202]), sending(whole(adding(last(request(0)), ['expect', '100-continue'])))),
  },
];
