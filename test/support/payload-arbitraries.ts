import fc from 'fast-check';
import type { ExactNumber } from '../../services/shared/call-events/exact-number.ts';
import { MAX_IDENTIFIER_UNITS, MAX_MS } from '../../services/shared/call-events/webhook-payload.ts';

const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
/** Any JavaScript string, lone surrogates included. */
const text = fc.string({ unit });
const longest = fc.string({ unit, minLength: MAX_IDENTIFIER_UNITS, maxLength: MAX_IDENTIFIER_UNITS });
const identifier = fc.oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: longest });
const name = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString', 'recording', 'tags', ''));
const json = fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 });
const newType = (...known: readonly string[]) => text.filter((type) => !known.includes(type));

/** What numbers are in a body. */
type Numbers = Readonly<{
  version: fc.Arbitrary<unknown>;
  timestamp: fc.Arbitrary<unknown>;
  duration: fc.Arbitrary<unknown>;
  /** Values of members that VXT may add one day. */
  added: fc.Arbitrary<unknown>;
}>;

/** Every body the contract allows, with what VXT may add at every level. */
function webhooks({ version, timestamp, duration, added }: Numbers) {
  /** Any names but those of today, any values. */
  const future = (...known: readonly string[]) =>
    fc
      .array(fc.tuple(name, fc.oneof(added, text, fc.constant(null))), { maxLength: 3 })
      .map((members) => Object.fromEntries(members.filter(([member]) => !known.includes(member))));

  /** An object with these members and, sometimes, members of the future; in any order. */
  const object = (members: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Record<string, unknown>> =>
    fc
      .tuple(fc.record(members), future(...Object.keys(members)), fc.boolean())
      .map(([known, extra, first]) =>
        Object.fromEntries(
          first
            ? [...Object.entries(extra), ...Object.entries(known)]
            : [...Object.entries(known), ...Object.entries(extra)],
        ),
      );

  const user = object({ type: fc.constant('user'), uid: identifier, email: text });
  const primaryUser = fc.oneof(user, object({ type: newType('user') }), fc.constant(null));
  const party = fc.oneof(
    user,
    object({ type: fc.constant('phoneNumber'), phoneNumberE164: identifier }),
    object({ type: fc.constant('unknown') }),
    object({ type: fc.constant('other'), value: text }),
    object({ type: newType('user', 'phoneNumber', 'unknown', 'other') }),
  );
  const answered = { startTimestamp: timestamp, answerTimestamp: timestamp, hangupTimestamp: timestamp };
  const result = fc.oneof(
    object({ type: fc.constant('missed'), startTimestamp: timestamp }),
    object({ type: fc.constant('answered'), ...answered }),
    object({ type: newType('missed', 'answered'), startTimestamp: added }),
    object({ type: newType('missed', 'answered') }),
  );
  const common = { version, id: identifier, url: text, user: primaryUser, phoneNumberE164: fc.option(identifier) };
  const direction = fc.oneof(fc.constantFrom('inbound', 'outbound'), text);
  const callLog = object({ ...common, result, direction, otherParties: fc.array(party, { maxLength: 4 }) });
  const voicemail = object({ ...common, timestamp, duration, transcription: fc.option(text), callerId: party });
  return {
    callLogs: object({ event: fc.constant('callLog'), callLog }),
    voicemails: object({ event: fc.constant('voicemail'), voicemail }),
  };
}

const inDoubles = webhooks({
  version: fc.constant(3),
  timestamp: fc.oneof(
    fc.integer({ min: 0, max: 4_102_444_800_000 }),
    fc.integer({ min: -MAX_MS, max: MAX_MS }),
    fc.double({ min: -MAX_MS, max: MAX_MS, noNaN: true }),
  ),
  duration: fc.oneof(fc.integer({ min: 0, max: MAX_MS }), fc.double({ min: 0, max: MAX_MS, noNaN: true })),
  added: json,
});

export const callLogWebhooks = inDoubles.callLogs;
export const voicemailWebhooks = inDoubles.voicemails;

const digits = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength });
const signs = fc.constantFrom('', '', '-');
const wholes = fc.oneof(fc.constantFrom('0', '1795601660550'), fc.bigInt({ min: 1n, max: 10n ** 25n }).map(String));
const fractions = fc.oneof(
  fc.constant(''),
  digits(1, 30).map((after) => `.${after}`),
);
const powers = fc.oneof(
  fc.constant(''),
  fc
    .tuple(fc.constantFrom('e', 'E', 'e+', 'e-', 'e00', 'E-0'), fc.integer({ min: 0, max: 420 }))
    .map((e) => e.join('')),
);

/** Numbers as a JSON text may write them: more digits than a double has, -0, 1e400, 1.0e3. */
export const numberTexts: fc.Arbitrary<string> = fc
  .tuple(signs, wholes, fractions, powers)
  .map((parts) => parts.join(''));

/** What JSON.stringify writes as this text. TypeScript 6 does not type JSON.rawJSON yet. */
const written = (JSON as unknown as { rawJSON: (text: string) => ExactNumber }).rawJSON;

const anyNumber = numberTexts.map(written);
const between = (min: number, max: number): fc.Arbitrary<unknown> =>
  numberTexts.filter((number) => Number(number) >= min && Number(number) <= max).map(written);

const digitForDigit = webhooks({
  version: fc.constantFrom('3', '3.0', '3.00e0', '30E-1', '3.0000000000000000000001').map(written),
  timestamp: between(-MAX_MS, MAX_MS),
  duration: between(0, MAX_MS),
  added: fc.oneof(json, anyNumber, fc.array(anyNumber), fc.dictionary(name, anyNumber)),
});

/** As above, with numbers in every way that JSON can write them, which JSON.stringify does. */
export const callLogWebhooksDigitForDigit = digitForDigit.callLogs;
export const voicemailWebhooksDigitForDigit = digitForDigit.voicemails;
