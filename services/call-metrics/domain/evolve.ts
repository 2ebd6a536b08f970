import type { DirectionTotals } from '../../shared/call-events/avro-types.generated.ts';
import { answerBoundsMs, bucketOf, talkBoundsMs } from '../../shared/call-events/histogram-bounds.ts';
import { MAX_MS } from '../../shared/call-events/webhook-payload.ts';
import type { CallEvent, CallResult, CountedEvent, LogPlace, VoicemailEvent } from './counted-event.ts';
import type { Totals } from './totals.ts';

/**
 * The totals after one more event. In whatever order events come, the totals are the same, so that reading the two
 * input topics in another order gives the same numbers. Sums stop at MAX_MS, the most that a table's field holds. An
 * implausible event counts, flagged, and is in no sum, no histogram and no "last".
 */
export function evolve(totals: Totals, event: CountedEvent): Totals {
  switch (event.event) {
    case 'callLog':
      return withCall(totals, event);
    case 'voicemail':
      return withVoicemail(totals, event);
  }
}

/** The totals of a lifetime after an event that came too late for its day. */
export function countLate(totals: Totals): Totals {
  return { ...totals, lateEvents: totals.lateEvents + 1 };
}

function withCall(totals: Totals, event: CallEvent): Totals {
  return {
    ...totals,
    userEmail: newestEmail(totals, event),
    firstSeen: firstOf(totals.firstSeen, event.place),
    [event.direction]:
      event.atMs === null
        ? withImplausible(totals[event.direction], event.result.type)
        : withResult(totals[event.direction], event.result),
    conferenceCalls: totals.conferenceCalls + (event.conference ? 1 : 0),
    lastCallAt: latest(totals.lastCallAt, event.atMs),
  };
}

function withVoicemail(totals: Totals, event: VoicemailEvent): Totals {
  return {
    ...totals,
    userEmail: newestEmail(totals, event),
    firstSeen: firstOf(totals.firstSeen, event.place),
    voicemails: totals.voicemails + 1,
    voicemailMs: sum(totals.voicemailMs, event.durationMs ?? 0),
    voicemailsTranscribed: totals.voicemailsTranscribed + (event.transcribed ? 1 : 0),
    implausibleVoicemails: totals.implausibleVoicemails + (event.atMs === null ? 1 : 0),
    lastVoicemailAt: latest(totals.lastVoicemailAt, event.atMs),
  };
}

function withImplausible(totals: DirectionTotals, result: CallResult['type']): DirectionTotals {
  const counted = { ...totals, [result]: totals[result] + 1 };
  switch (result) {
    case 'missed':
      return { ...counted, implausibleMissed: totals.implausibleMissed + 1 };
    case 'other':
      return { ...counted, implausibleOther: totals.implausibleOther + 1 };
    case 'answered':
      return { ...counted, implausibleAnswered: totals.implausibleAnswered + 1 };
  }
}

function withResult(totals: DirectionTotals, result: CallResult): DirectionTotals {
  switch (result.type) {
    case 'missed':
      return { ...totals, missed: totals.missed + 1 };
    case 'other':
      return { ...totals, other: totals.other + 1 };
    case 'answered': {
      const answered = totals.answered + 1;
      if (result.durations === null) return { ...totals, answered, clockSkewed: totals.clockSkewed + 1 };
      const { answerMs, talkMs } = result.durations;
      return {
        ...totals,
        answered,
        answerMs: sum(totals.answerMs, answerMs),
        talkMs: sum(totals.talkMs, talkMs),
        answerHistogram: counted(totals.answerHistogram, answerBoundsMs, answerMs),
        talkHistogram: counted(totals.talkHistogram, talkBoundsMs, talkMs),
      };
    }
  }
}

/** One more in the bucket of the value; the histogram of a day has no buckets and stays so. */
function counted(histogram: readonly number[], boundsMs: readonly number[], valueMs: number): readonly number[] {
  const bucket = bucketOf(boundsMs, valueMs);
  return histogram.map((count, index) => (index === bucket ? count + 1 : count));
}

const sum = (a: number, b: number): number => Math.min(a + b, MAX_MS);

type Time = null | Readonly<{ long: number }>;

const latest = (time: Time, atMs: number | null): Time =>
  atMs !== null && (time === null || atMs > time.long) ? { long: atMs } : time;

/**
 * The address in the newest event by the events' own time; of two at the same millisecond the greater, in any order. An
 * implausible one is older than all others.
 */
function newestEmail(totals: Totals, event: CountedEvent): Totals['userEmail'] {
  const { userEmail, lastCallAt, lastVoicemailAt } = totals;
  if (event.userEmail === null) return userEmail;
  const known = Math.max(lastCallAt?.long ?? -Infinity, lastVoicemailAt?.long ?? -Infinity);
  const atMs = event.atMs ?? -Infinity;
  const newer = userEmail === null || atMs > known;
  const greater = userEmail !== null && atMs === known && event.userEmail > userEmail.string;
  return newer || greater ? { string: event.userEmail } : userEmail;
}

/** By log time, then offset; the partition is the same for all records of a subject. */
function firstOf(first: LogPlace | null, place: LogPlace): LogPlace {
  if (first === null) return place;
  const earlier =
    place.timestamp < first.timestamp || (place.timestamp === first.timestamp && place.offset < first.offset);
  return earlier ? place : first;
}
