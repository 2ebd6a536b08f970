import type { Draw } from '../draw.ts';
import { chunked } from '../framings/chunks.ts';
import { type Exchange, sending } from '../fuzz-case.ts';
import { adding, eventIdOf, type HttpRequest, last, rendered, webhookRequest, whole } from '../http-request.ts';
import { fuzzBody, validBody } from './bodies.ts';
import { statusOfBody } from './body-status.ts';
import { codedBody } from './content-codings.ts';

/** A webhook as VXT sends it: it must always be taken. */
export function controlCase(draw: Draw, number: number): Exchange {
  const request = webhookRequest(number, 0, Buffer.from(validBody(draw, eventIdOf(number, 0))));
  return {
    what: 'control: a valid webhook',
    steps: [sending(whole(request))],
    expected: { kind: 'answers', statuses: [[202]], endedBy: 'sender' },
    kept: true,
  };
}

/** A body, right or wrong, in a request that is right but for that. */
export function bodyCase(draw: Draw, number: number): Exchange {
  const { name, bytes } = fuzzBody(draw, eventIdOf(number, 0));
  const coded = draw.chance(0.2) ? codedBody(draw, bytes) : null;
  const plain = webhookRequest(number, 0, coded?.bytes ?? bytes);
  const request = coded === null ? plain : adding(plain, ['content-encoding', coded.encoding]);
  const kept = draw.chance(0.7);
  return {
    what: `body: ${name}${coded === null ? '' : `, ${coded.name}`}`,
    steps: [sending(framed(draw, kept ? request : last(request)), 1 + draw.below(3))],
    expected: {
      kind: 'answers',
      statuses: [coded?.statuses ?? [statusOfBody(bytes)]],
      endedBy: kept ? 'sender' : 'service',
    },
    kept,
  };
}

const framed = (draw: Draw, request: HttpRequest): Buffer =>
  draw.chance(0.2) ? rendered(chunked(request, draw)) : whole(request);
