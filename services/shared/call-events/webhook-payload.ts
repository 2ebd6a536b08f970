import { type Static, type TProperties, Type } from '@sinclair/typebox';

/**
 * VXT's webhook payload, version 3, as its contract (the `WebhookPayload` type that VXT publishes) describes it. Every
 * object may carry further members: VXT says that fields will be added. What the contract leaves to a string or a
 * number is narrowed only where no real value could be outside: times must be dates, durations not negative,
 * identifiers short.
 */
const object = <Properties extends TProperties>(properties: Properties) => Type.Object(properties);

/**
 * The largest time or duration in milliseconds, until the year 144,683: avsc 5.7.9 writes whole numbers beyond 2^52
 * wrongly, as their zigzag form does not fit a double.
 */
export const MAX_MS = 2 ** 52 - 1;

/** The longest identifier, in UTF-16 units: identifiers become record keys, headers and labels. */
export const MAX_IDENTIFIER_UNITS = 256;

/** An id of an event or a user, or a phone number. */
const Identifier = Type.String({ maxLength: MAX_IDENTIFIER_UNITS });

/** Unix time in milliseconds. */
const Timestamp = Type.Number({ minimum: -MAX_MS, maximum: MAX_MS });
const nullable = <T extends ReturnType<typeof Type.String>>(type: T) => Type.Union([type, Type.Null()]);

/** A type name that none of `known` is: VXT added it after this version. */
const futureType = (...known: readonly string[]) =>
  Type.Intersect([Type.String(), Type.Not(Type.Union(known.map((type) => Type.Literal(type))))]);

/** A VXT user. */
export const UserPayload = object({ type: Type.Literal('user'), uid: Identifier, email: Type.String() });

/** A party or user of a type that this version does not know; it travels whole. */
export const FuturePartyPayload = object({ type: futureType('user', 'phoneNumber', 'unknown', 'other') });

/**
 * A party in a call other than its primary VXT user or number. `user`: a teammate, in a conference with external
 * parties. `phoneNumber`: an external number. `unknown`: a private caller id. `other`: an alphanumeric sender id, not
 * sent today.
 */
export const PartyPayload = Type.Union([
  UserPayload,
  object({ type: Type.Literal('phoneNumber'), phoneNumberE164: Identifier }),
  object({ type: Type.Literal('unknown') }),
  object({ type: Type.Literal('other'), value: Type.String() }),
  FuturePartyPayload,
]);

/** How a call ended. A missed call has no answer and no hang-up time. */
export const ResultPayload = Type.Union([
  object({ type: Type.Literal('missed'), startTimestamp: Timestamp }),
  object({
    type: Type.Literal('answered'),
    startTimestamp: Timestamp,
    answerTimestamp: Timestamp,
    hangupTimestamp: Timestamp,
  }),
  object({ type: futureType('missed', 'answered') }),
]);

/**
 * The user that placed or answered the call or was the target of a call flow's voicemail node. Null: nobody. The
 * contract knows one type of user; another one is taken as it comes.
 */
const PrimaryUserPayload = Type.Union([UserPayload, object({ type: futureType('user') }), Type.Null()]);

/** The version of the payloads below. */
export const PAYLOAD_VERSION = 3;

export const CallLogPayload = object({
  version: Type.Literal(PAYLOAD_VERSION),
  /** Id of the VXT message this webhook is for. */
  id: Identifier,
  /** Opens the call log in the VXT web app, for users of the same team. */
  url: Type.String(),
  result: ResultPayload,
  /** From the point of view of the VXT user or number: `inbound` or `outbound` today. */
  direction: Type.String(),
  user: PrimaryUserPayload,
  /** The VXT number, in E.164. Null: the call began between users and external numbers were added. */
  phoneNumberE164: nullable(Identifier),
  /** More than one makes it a conference call. */
  otherParties: Type.Array(PartyPayload),
});

export const VoicemailPayload = object({
  version: Type.Literal(PAYLOAD_VERSION),
  /** Id of the VXT message this webhook is for. */
  id: Identifier,
  /** Opens the voicemail in the VXT web app, for users of the same team. */
  url: Type.String(),
  /** When the voicemail was left. */
  timestamp: Timestamp,
  /** Length of the audio in milliseconds. */
  duration: Type.Number({ minimum: 0, maximum: MAX_MS }),
  /** Null: not available. */
  transcription: nullable(Type.String()),
  user: PrimaryUserPayload,
  /** The VXT number that received the call. Null: none. */
  phoneNumberE164: nullable(Identifier),
  /** The party that left the voicemail. */
  callerId: PartyPayload,
});

/** The body of a webhook, by its `event`. */
export const webhookPayloads = {
  callLog: object({ event: Type.Literal('callLog'), callLog: CallLogPayload }),
  voicemail: object({ event: Type.Literal('voicemail'), voicemail: VoicemailPayload }),
} as const;

export type PartyPayload = Static<typeof PartyPayload>;
export type ResultPayload = Static<typeof ResultPayload>;
export type PrimaryUserPayload = Static<typeof PrimaryUserPayload>;
export type CallLogPayload = Static<typeof CallLogPayload>;
export type VoicemailPayload = Static<typeof VoicemailPayload>;
export type CallLogWebhook = Static<typeof webhookPayloads.callLog>;
export type VoicemailWebhook = Static<typeof webhookPayloads.voicemail>;
export type WebhookPayload = CallLogWebhook | VoicemailWebhook;
