import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  callLogWebhooks,
  callLogWebhooksDigitForDigit,
  voicemailWebhooks,
  voicemailWebhooksDigitForDigit,
} from '../../payload-arbitraries.ts';
import { callWebhook, voicemailWebhook } from '../../webhooks.ts';
import { worstBodies } from '../../worst-bodies.ts';
import type { Draw } from '../draw.ts';
import { BODY_LIMIT } from '../http-request.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { jsonText, memberText } from './json-texts.ts';

export type Body = Readonly<{ name: string; bytes: Buffer }>;

const fixtures = join(import.meta.dirname, '../../../fixtures/webhooks');
const corpus: readonly Buffer[] = JSON.parse(readFileSync(join(fixtures, 'corpus.json'), 'utf8')).map(
  ({ name }: Readonly<{ name: string }>) => readFileSync(join(fixtures, `${name}.json`)),
);

const arbitraries = [callLogWebhooks, voicemailWebhooks, callLogWebhooksDigitForDigit, voicemailWebhooksDigitForDigit];

/** A body that the contract allows, with an event of this id. */
export const validBody = (draw: Draw, id: string): string =>
  draw.pick([callWebhook, voicemailWebhook])(id, `u-${draw.below(50)}`);

/** A body of the corpus, or one with whatever the contract allows and VXT may add. */
function knownBody(draw: Draw, id: string): Buffer {
  const kind = draw.below(4);
  if (kind === 0) return draw.pick(corpus);
  if (kind === 1) return Buffer.from(validBody(draw, id));
  const [webhook] = fc.sample<unknown>(draw.pick(arbitraries), { seed: draw.below(2 ** 31), numRuns: 1 });
  return Buffer.from(JSON.stringify(webhook));
}

/** Where a value begins and ends in a text of JSON; names are values too. */
const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|[[\]{}:,]/g;

/** The text with one of its tokens replaced, dropped, or followed by something. */
function mutateTokens(text: string, draw: Draw): string {
  const found = [...text.matchAll(tokens)];
  if (found.length === 0) return text;
  const { index, 0: token } = draw.pick(found);
  const [before, after] = [text.slice(0, index), text.slice(index + token.length)];
  if (token === '{') return `${before}{${memberText(draw)},${after}`;
  return draw.pick([
    () => `${before}${jsonText(draw)}${after}`,
    () => `${before}${jsonText(draw)}${after}`,
    () => `${before}${after}`,
    () => `${before}${token}${token}${after}`,
    () => `${before}${draw.pick(found)[0]}${after}`,
  ])();
}

/** The text with a member twice, once of another value: the last one counts. */
const withMemberTwice = (text: string, draw: Draw): string =>
  text.replace(/"(?:event|callLog|voicemail|id|version|type|uid)":/g, (name) =>
    draw.chance(0.3) ? `${name}${jsonText(draw)},${name}` : name,
  );

/** The text in bytes that are not, or not plainly, UTF-8. */
function misencoded(text: string, draw: Draw): Buffer {
  const utf8 = Buffer.from(text);
  const utf16 = Buffer.from(text, 'utf16le');
  return draw.pick([
    () => utf16,
    () => Buffer.concat([Buffer.from('\ufeff', 'utf16le'), utf16]),
    () => Buffer.from(utf16).swap16(),
    () => Buffer.concat([Buffer.from('\ufeff'), utf8]),
    () => Buffer.concat([Buffer.from('\ufeff\ufeff'), utf8]),
    () => Buffer.concat([utf8, Buffer.alloc(draw.size(4_096))]),
    () => Buffer.concat([Buffer.alloc(draw.size(16)), utf8]),
    () => Buffer.from(text.replaceAll('.', '\u00fc'), 'latin1'),
    // A surrogate, an overlong slash, a code point too large and half a character.
    () =>
      Buffer.from(
        text.replace('example', draw.pick(['\xed\xa0\x80', '\xc0\xaf', '\xf4\x90\x80\x80', '\xe2\x82'])),
        'latin1',
      ),
  ])();
}

/** The text with spaces behind it, up to a size near the limit or far over it. */
function padded(text: string, draw: Draw): Buffer {
  const bytes = Buffer.from(text);
  const size = BODY_LIMIT + draw.pick([-1, 0, 1, 2, BODY_LIMIT, draw.chance(0.1) ? 8 * BODY_LIMIT : 64]);
  return Buffer.concat([bytes, Buffer.alloc(size - bytes.length, ' ')]);
}

type MakeBody = (draw: Draw, id: string) => Buffer;

const makers: readonly Readonly<{ name: string; weight: number; make: MakeBody }>[] = [
  { name: 'a known body', weight: 6, make: knownBody },
  { name: 'mutated bytes', weight: 8, make: (draw, id) => mutateBytes(knownBody(draw, id), draw) },
  {
    name: 'mutated tokens',
    weight: 10,
    make: (draw, id) => Buffer.from(mutateTokens(knownBody(draw, id).toString(), draw)),
  },
  {
    name: 'mutated tokens, twice',
    weight: 4,
    make: (draw, id) => Buffer.from(mutateTokens(mutateTokens(validBody(draw, id), draw), draw)),
  },
  { name: 'a member twice', weight: 2, make: (draw, id) => Buffer.from(withMemberTwice(validBody(draw, id), draw)) },
  { name: 'only a value', weight: 3, make: (draw) => Buffer.from(jsonText(draw)) },
  { name: 'misencoded', weight: 3, make: (draw, id) => misencoded(validBody(draw, id), draw) },
  { name: 'padded', weight: 0.3, make: (draw, id) => padded(validBody(draw, id), draw) },
  { name: 'random bytes', weight: 1, make: (draw) => draw.bytes(draw.size(4_096)) },
  { name: 'nothing', weight: 0.5, make: () => Buffer.alloc(0) },
  ...Object.entries(worstBodies).map(([name, ofSize]) => ({
    name: `a worst body: ${name}`,
    weight: 0.1,
    make: (draw: Draw) => Buffer.from(ofSize(16 + draw.size(BODY_LIMIT))),
  })),
];

const totalWeight = makers.reduce((sum, { weight }) => sum + weight, 0);

/** A body, right or wrong; an event in it may have this id. */
export function fuzzBody(draw: Draw, id: string): Body {
  let left = (draw.below(2 ** 31) / 2 ** 31) * totalWeight;
  for (const { name, weight, make } of makers) {
    left -= weight;
    if (left < 0) return { name, bytes: make(draw, id) };
  }
  return { name: 'a valid body', bytes: Buffer.from(validBody(draw, id)) };
}
