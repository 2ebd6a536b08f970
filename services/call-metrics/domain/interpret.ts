import type { CallLog, Voicemail } from '../../shared/call-events/avro-types.generated.ts';
import { subjectOf } from '../../shared/call-events/subject.ts';
import { MAX_IDENTIFIER_UNITS, MAX_MS } from '../../shared/call-events/webhook-payload.ts';
import type { CallEvent, CallResult, CountedSubject, Impossible, LogPlace, VoicemailEvent } from './counted-event.ts';
import { isPlausibleDuration, isPlausibleTime } from './plausible.ts';

/** What a call log means for the totals. The time of a call whose result has none is that of its record in the log. */
export function interpretCall(call: CallLog, place: LogPlace): CallEvent | Impossible {
  const { result, atMs } = resultOf(call.result, place);
  if (!isTime(atMs)) return 'impossible-time';
  const isPlausible = isPlausibleTime(atMs, place.timestamp) && durationsOf(result).every(isPlausibleDuration);
  const { direction } = call;
  return {
    event: 'callLog',
    ...whose(call, place),
    atMs: isPlausible ? atMs : null,
    place,
    direction: direction === 'unrecognised' ? 'otherDirection' : direction,
    result: isPlausible || result.type !== 'answered' ? result : { type: 'answered', durations: null },
    conference: call.otherParties.length > 1,
  };
}

/** What a voicemail means for the totals. */
export function interpretVoicemail(voicemail: Voicemail, place: LogPlace): VoicemailEvent | Impossible {
  const { timestamp: atMs, duration: durationMs } = voicemail;
  if (!isTime(atMs) || !isTime(durationMs)) return 'impossible-time';
  const isPlausible = isPlausibleTime(atMs, place.timestamp) && isPlausibleDuration(durationMs);
  return {
    event: 'voicemail',
    ...whose(voicemail, place),
    atMs: isPlausible ? atMs : null,
    place,
    durationMs: isPlausible ? durationMs : null,
    transcribed: voicemail.transcription !== null,
  };
}

/** None where the call was not answered, or its timestamps run backwards. */
const durationsOf = (result: CallResult): readonly number[] =>
  result.type === 'answered' && result.durations !== null ? Object.values(result.durations) : [];

const isTime = (ms: number): boolean => Number.isInteger(ms) && Math.abs(ms) <= MAX_MS;

function whose(event: CallLog | Voicemail, place: LogPlace): { subject: CountedSubject; userEmail: string | null } {
  const subject = subjectOf(event);
  switch (subject.type) {
    case 'user':
      return { subject: { type: 'user', id: subject.uid }, userEmail: emailOf(subject.email) };
    case 'number':
      return { subject: { type: 'number', id: subject.phoneNumberE164 }, userEmail: null };
    case 'unassigned':
      return { subject: { type: 'unassigned', id: String(place.partition) }, userEmail: null };
  }
}

/** Null for one that nobody has: it would make the record of the totals too large for its topic. */
const emailOf = (email: string): string | null => (email.length > MAX_IDENTIFIER_UNITS ? null : email);

function resultOf(result: CallLog['result'], place: LogPlace): { result: CallResult; atMs: number } {
  if ('vxt.events.MissedCall' in result) {
    return { result: { type: 'missed' }, atMs: result['vxt.events.MissedCall'].startTimestamp };
  }
  if ('vxt.events.AnsweredCall' in result) {
    const { startTimestamp, answerTimestamp, hangupTimestamp } = result['vxt.events.AnsweredCall'];
    const skewed = answerTimestamp < startTimestamp || hangupTimestamp < answerTimestamp;
    const durations = skewed
      ? null
      : { answerMs: answerTimestamp - startTimestamp, talkMs: hangupTimestamp - answerTimestamp };
    return { result: { type: 'answered', durations }, atMs: startTimestamp };
  }
  const start = result['vxt.events.UnrecognisedResult'].startTimestamp;
  return { result: { type: 'other' }, atMs: start === null ? place.timestamp : start.long };
}
