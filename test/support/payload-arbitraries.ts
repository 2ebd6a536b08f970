import fc from 'fast-check';
import { MAX_MS } from '../../services/shared/call-events/webhook-payload.ts';

/** Any JavaScript string, lone surrogates included. */
const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
const name = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString', 'recording', 'tags', ''));
const json = fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 });

/** Members VXT may add one day: any names but those of today, any values. */
const future = (...known: readonly string[]) =>
  fc
    .array(fc.tuple(name, fc.oneof(json, text, fc.constant(null))), { maxLength: 3 })
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

const timestamp = fc.oneof(
  fc.integer({ min: 0, max: 4_102_444_800_000 }),
  fc.integer({ min: -MAX_MS, max: MAX_MS }),
  fc.double({ min: -MAX_MS, max: MAX_MS, noNaN: true }),
);
const newType = (...known: readonly string[]) => text.filter((type) => !known.includes(type));
const user = object({ type: fc.constant('user'), uid: text, email: text });
const party = fc.oneof(
  user,
  object({ type: fc.constant('phoneNumber'), phoneNumberE164: text }),
  object({ type: fc.constant('unknown') }),
  object({ type: fc.constant('other'), value: text }),
  object({ type: newType('user', 'phoneNumber', 'unknown', 'other') }),
);
const result = fc.oneof(
  object({ type: fc.constant('missed'), startTimestamp: timestamp }),
  object({
    type: fc.constant('answered'),
    startTimestamp: timestamp,
    answerTimestamp: timestamp,
    hangupTimestamp: timestamp,
  }),
  object({ type: newType('missed', 'answered'), startTimestamp: json }),
  object({ type: newType('missed', 'answered') }),
);
const primaryUser = fc.oneof(user, object({ type: newType('user') }), fc.constant(null));
const version = fc.constant(3);

/** Every body the contract allows, with what VXT may add at every level. */
export const callLogWebhooks = object({
  event: fc.constant('callLog'),
  callLog: object({
    version,
    id: text,
    url: text,
    result,
    direction: fc.oneof(fc.constantFrom('inbound', 'outbound'), text),
    user: primaryUser,
    phoneNumberE164: fc.option(text),
    otherParties: fc.array(party, { maxLength: 4 }),
  }),
});

export const voicemailWebhooks = object({
  event: fc.constant('voicemail'),
  voicemail: object({
    version,
    id: text,
    url: text,
    timestamp,
    duration: fc.oneof(fc.integer({ min: 0, max: MAX_MS }), fc.double({ min: 0, max: MAX_MS, noNaN: true })),
    transcription: fc.option(text),
    user: primaryUser,
    phoneNumberE164: fc.option(text),
    callerId: party,
  }),
});
