import type { AnsweredCall, CallLog, Direction, UnrecognisedResult, User, Voicemail } from './avro-types.generated.ts';
import { type Exact, type ExactNumber, isExactNumber, nearest } from './exact-number.ts';
import { extraMembers } from './extra-members.ts';
import {
  type CallLogWebhook,
  MAX_MS,
  type PartyPayload,
  type PrimaryUserPayload,
  type ResultPayload,
  type VoicemailWebhook,
} from './webhook-payload.ts';

type Party = Exact<PartyPayload>;
type PrimaryUser = Exact<PrimaryUserPayload>;
type Result = Exact<ResultPayload>;

/**
 * A webhook as the Avro record that carries it whole: `fromRecord(toRecord(webhook))` is the same JSON value. Strings
 * and numbers a field cannot hold exactly are there in their nearest form, and as they were in `extraJson`.
 */
export function callLogRecord(webhook: Exact<CallLogWebhook>): CallLog {
  const payload = webhook.callLog;
  return {
    version: nearest(payload.version),
    id: payload.id.toWellFormed(),
    url: payload.url.toWellFormed(),
    result: resultRecord(payload.result),
    ...directionRecord(payload.direction),
    user: userRecord(payload.user),
    phoneNumberE164: optionalString(payload.phoneNumberE164),
    otherParties: payload.otherParties.map(partyRecord),
    extraJson: extraMembers(payload, members.callLog),
    envelopeExtraJson: extraMembers(webhook, members.callLogWebhook),
  };
}

/** As `callLogRecord`, for a voicemail. */
export function voicemailRecord(webhook: Exact<VoicemailWebhook>): Voicemail {
  const payload = webhook.voicemail;
  return {
    version: nearest(payload.version),
    id: payload.id.toWellFormed(),
    url: payload.url.toWellFormed(),
    timestamp: wholeMs(payload.timestamp),
    duration: wholeMs(payload.duration),
    transcription: optionalString(payload.transcription),
    user: userRecord(payload.user),
    phoneNumberE164: optionalString(payload.phoneNumberE164),
    callerId: partyRecord(payload.callerId),
    extraJson: extraMembers(payload, members.voicemail),
    envelopeExtraJson: extraMembers(webhook, members.voicemailWebhook),
  };
}

/** The members of each object that its record has a field for. */
const members = {
  callLogWebhook: new Set(['event', 'callLog']),
  voicemailWebhook: new Set(['event', 'voicemail']),
  callLog: new Set(['version', 'id', 'url', 'result', 'direction', 'user', 'phoneNumberE164', 'otherParties']),
  voicemail: new Set([
    ...['version', 'id', 'url', 'timestamp', 'duration', 'transcription', 'user', 'phoneNumberE164', 'callerId'],
  ]),
  missed: new Set(['type', 'startTimestamp']),
  answered: new Set(['type', 'startTimestamp', 'answerTimestamp', 'hangupTimestamp']),
  user: new Set(['type', 'uid', 'email']),
  phoneNumber: new Set(['type', 'phoneNumberE164']),
  unknown: new Set(['type']),
  other: new Set(['type', 'value']),
} as const;

function resultRecord(result: Result): CallLog['result'] {
  if (isMissed(result)) {
    const { startTimestamp } = result;
    const extraJson = extraMembers(result, members.missed);
    return { 'vxt.events.MissedCall': { startTimestamp: wholeMs(startTimestamp), extraJson } };
  }
  if (isAnswered(result)) return { 'vxt.events.AnsweredCall': answeredRecord(result) };
  const unrecognised: UnrecognisedResult = {
    type: result.type.toWellFormed(),
    startTimestamp: startOf(result),
    json: JSON.stringify(result),
  };
  return { 'vxt.events.UnrecognisedResult': unrecognised };
}

function answeredRecord(result: Extract<Result, { type: 'answered' }>): AnsweredCall {
  return {
    startTimestamp: wholeMs(result.startTimestamp),
    answerTimestamp: wholeMs(result.answerTimestamp),
    hangupTimestamp: wholeMs(result.hangupTimestamp),
    extraJson: extraMembers(result, members.answered),
  };
}

/** The start of a result of a future type, if it has one that is a date. */
function startOf(result: object): null | { readonly long: number } {
  const start = 'startTimestamp' in result ? result.startTimestamp : null;
  if (typeof start !== 'number' && !isExactNumber(start)) return null;
  return Math.abs(nearest(start)) <= MAX_MS ? { long: wholeMs(start) } : null;
}

function directionRecord(direction: string): { direction: Direction; directionText: CallLog['directionText'] } {
  if (direction === 'inbound' || direction === 'outbound') return { direction, directionText: null };
  return { direction: 'unrecognised', directionText: { string: direction.toWellFormed() } };
}

function userRecord(user: PrimaryUser): CallLog['user'] {
  if (user === null) return null;
  if (isUser(user)) return { 'vxt.events.User': userOf(user) };
  return { 'vxt.events.UnrecognisedParty': { type: user.type.toWellFormed(), json: JSON.stringify(user) } };
}

function userOf(user: Extract<Party, { type: 'user' }>): User {
  return {
    uid: user.uid.toWellFormed(),
    email: user.email.toWellFormed(),
    extraJson: extraMembers(user, members.user),
  };
}

function partyRecord(party: Party): Voicemail['callerId'] {
  if (isUser(party)) return { 'vxt.events.User': userOf(party) };
  if (isPhoneNumber(party)) {
    const phoneNumberE164 = party.phoneNumberE164.toWellFormed();
    return { 'vxt.events.PhoneNumber': { phoneNumberE164, extraJson: extraMembers(party, members.phoneNumber) } };
  }
  if (party.type === 'unknown')
    return { 'vxt.events.UnknownParty': { extraJson: extraMembers(party, members.unknown) } };
  if (isOther(party)) {
    const value = party.value.toWellFormed();
    return { 'vxt.events.OtherParty': { value, extraJson: extraMembers(party, members.other) } };
  }
  return { 'vxt.events.UnrecognisedParty': { type: party.type.toWellFormed(), json: JSON.stringify(party) } };
}

// The `type` of a future party or result is any other string, which TypeScript cannot subtract: so each test is a guard.
type Typed = Readonly<{ type: string }>;
const isMissed = (result: Typed): result is Extract<Result, { type: 'missed' }> => result.type === 'missed';
const isAnswered = (result: Typed): result is Extract<Result, { type: 'answered' }> => result.type === 'answered';
const isUser = (party: Typed): party is Extract<Party, { type: 'user' }> => party.type === 'user';
const isPhoneNumber = (party: Typed): party is Extract<Party, { type: 'phoneNumber' }> => party.type === 'phoneNumber';
const isOther = (party: Typed): party is Extract<Party, { type: 'other' }> => party.type === 'other';

/** Milliseconds as Avro's long: whole, and zero without a sign. */
const wholeMs = (ms: number | ExactNumber): number => Math.floor(nearest(ms)) + 0;

const optionalString = (value: string | null): null | { readonly string: string } =>
  value === null ? null : { string: value.toWellFormed() };
