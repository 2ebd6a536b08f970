import type { CallLog, Voicemail } from './avro-types.generated.ts';
import { type JsonObject, withExtraMembers } from './extra-members.ts';
import { parseJson } from './parse-json.ts';

/** The body of the webhook that a call-log record carries, as a JSON value. */
export function callLogWebhook(record: CallLog): JsonObject {
  const { version, id, url, phoneNumberE164, extraJson, envelopeExtraJson } = record;
  const callLog = {
    version,
    id,
    url,
    result: resultPayload(record.result),
    direction: record.directionText === null ? record.direction : record.directionText.string,
    user: record.user === null ? null : partyPayload(record.user),
    phoneNumberE164: phoneNumberE164 === null ? null : phoneNumberE164.string,
    otherParties: record.otherParties.map(partyPayload),
  };
  return withExtraMembers({ event: 'callLog', callLog: withExtraMembers(callLog, extraJson) }, envelopeExtraJson);
}

/** The body of the webhook that a voicemail record carries, as a JSON value. */
export function voicemailWebhook(record: Voicemail): JsonObject {
  const { version, id, url, timestamp, duration, transcription, phoneNumberE164, extraJson, envelopeExtraJson } =
    record;
  const voicemail = {
    version,
    id,
    url,
    timestamp,
    duration,
    transcription: transcription === null ? null : transcription.string,
    user: record.user === null ? null : partyPayload(record.user),
    phoneNumberE164: phoneNumberE164 === null ? null : phoneNumberE164.string,
    callerId: partyPayload(record.callerId),
  };
  return withExtraMembers({ event: 'voicemail', voicemail: withExtraMembers(voicemail, extraJson) }, envelopeExtraJson);
}

function resultPayload(result: CallLog['result']): unknown {
  if ('vxt.events.MissedCall' in result) {
    const { extraJson, ...times } = result['vxt.events.MissedCall'];
    return withExtraMembers({ type: 'missed', ...times }, extraJson);
  }
  if ('vxt.events.AnsweredCall' in result) {
    const { extraJson, ...times } = result['vxt.events.AnsweredCall'];
    return withExtraMembers({ type: 'answered', ...times }, extraJson);
  }
  return parseJson(result['vxt.events.UnrecognisedResult'].json);
}

function partyPayload(party: Voicemail['callerId']): unknown {
  if ('vxt.events.User' in party) {
    const { extraJson, ...user } = party['vxt.events.User'];
    return withExtraMembers({ type: 'user', ...user }, extraJson);
  }
  if ('vxt.events.PhoneNumber' in party) {
    const { extraJson, ...number } = party['vxt.events.PhoneNumber'];
    return withExtraMembers({ type: 'phoneNumber', ...number }, extraJson);
  }
  if ('vxt.events.UnknownParty' in party) {
    return withExtraMembers({ type: 'unknown' }, party['vxt.events.UnknownParty'].extraJson);
  }
  if ('vxt.events.OtherParty' in party) {
    const { extraJson, ...other } = party['vxt.events.OtherParty'];
    return withExtraMembers({ type: 'other', ...other }, extraJson);
  }
  return parseJson(party['vxt.events.UnrecognisedParty'].json);
}
