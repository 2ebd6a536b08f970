import { adding, replacing, TOKEN, without } from '../http-request.ts';
import { type HeaderCase, made } from './header-case.ts';

/** How a sender without a valid token is answered. */
const REFUSED = [401, 429] as const;

/** What a sender says of who it is. */
export const authorizationCases: readonly HeaderCase[] = [
  { name: 'no token', make: (_draw, request) => made(without(request, 'authorization'), ...REFUSED) },
  {
    name: 'no valid authorization',
    make: (draw, request) => {
      const long = 'x'.repeat(draw.size(12_000));
      const value = draw.pick([
        '',
        'Bearer',
        'Bearer ',
        'Basic dTpw',
        'Negotiate',
        `Token ${TOKEN}`,
        TOKEN,
        `Bearer MARKER-wrong-${long}`,
        `Bearer ${TOKEN}x`,
        `Bearer ${TOKEN}, Bearer x`,
        `Bearer ${TOKEN} x`,
        `Bearer ${TOKEN.slice(1)}`,
        `Bearer "${TOKEN}"`,
        `Bearer=${TOKEN}`,
        `Bearer${TOKEN}`,
        `Bearer ${' '.repeat(long.length)}`,
        long,
        `Bearer ${TOKEN.toLowerCase()}`,
        `Bearer \xff${TOKEN}`,
        `Digest username="${long}"`,
      ]);
      return made(replacing(request, 'authorization', value), ...REFUSED);
    },
  },
  {
    name: 'a valid authorization, written otherwise',
    make: (draw, request) => {
      const scheme = draw.pick(['bearer', 'BEARER', 'bEaReR', 'Bearer']);
      const value = `${scheme}${' '.repeat(draw.size(2_000))}${TOKEN}${' '.repeat(draw.below(100))}`;
      return made(replacing(request, 'authorization', value), 202);
    },
  },
  {
    name: 'several authorizations',
    make: (draw, request) => {
      const others = Array.from({ length: draw.size(200) }, () => ['authorization', 'Bearer MARKER-wrong'] as const);
      const several = draw.chance(0.5)
        ? adding(request, ...others)
        : { ...request, headers: [...others, ...request.headers] };
      return made(several, 202, ...REFUSED);
    },
  },
];
