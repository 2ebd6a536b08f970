import type { DirectionTotals } from '../../shared/call-events/avro-types.generated.ts';

/** What the exporter tells of one label value of `user_uid`: sums over one or more subjects. Times in milliseconds. */
export type CallTotals = Readonly<{
  inbound: DirectionTotals;
  outbound: DirectionTotals;
  otherDirection: DirectionTotals;
  conferenceCalls: number;
  voicemails: number;
  voicemailMs: number;
  voicemailsTranscribed: number;
  implausibleVoicemails: number;
  lateEvents: number;
}>;

const noCalls: DirectionTotals = {
  answered: 0,
  missed: 0,
  other: 0,
  answerMs: 0,
  talkMs: 0,
  clockSkewed: 0,
  implausibleAnswered: 0,
  implausibleMissed: 0,
  implausibleOther: 0,
  answerHistogram: [],
  talkHistogram: [],
};

export const noTotals: CallTotals = {
  inbound: noCalls,
  outbound: noCalls,
  otherDirection: noCalls,
  conferenceCalls: 0,
  voicemails: 0,
  voicemailMs: 0,
  voicemailsTranscribed: 0,
  implausibleVoicemails: 0,
  lateEvents: 0,
};

/** The sum of two totals: addition, so the order of subjects never matters. */
export function addTotals(a: CallTotals, b: CallTotals): CallTotals {
  return {
    inbound: addDirection(a.inbound, b.inbound),
    outbound: addDirection(a.outbound, b.outbound),
    otherDirection: addDirection(a.otherDirection, b.otherDirection),
    conferenceCalls: a.conferenceCalls + b.conferenceCalls,
    voicemails: a.voicemails + b.voicemails,
    voicemailMs: a.voicemailMs + b.voicemailMs,
    voicemailsTranscribed: a.voicemailsTranscribed + b.voicemailsTranscribed,
    implausibleVoicemails: a.implausibleVoicemails + b.implausibleVoicemails,
    lateEvents: a.lateEvents + b.lateEvents,
  };
}

function addDirection(a: DirectionTotals, b: DirectionTotals): DirectionTotals {
  return {
    answered: a.answered + b.answered,
    missed: a.missed + b.missed,
    other: a.other + b.other,
    answerMs: a.answerMs + b.answerMs,
    talkMs: a.talkMs + b.talkMs,
    clockSkewed: a.clockSkewed + b.clockSkewed,
    implausibleAnswered: a.implausibleAnswered + b.implausibleAnswered,
    implausibleMissed: a.implausibleMissed + b.implausibleMissed,
    implausibleOther: a.implausibleOther + b.implausibleOther,
    answerHistogram: addBuckets(a.answerHistogram, b.answerHistogram),
    talkHistogram: addBuckets(a.talkHistogram, b.talkHistogram),
  };
}

const addBuckets = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.length >= b.length ? a.map((count, bucket) => count + (b[bucket] ?? 0)) : addBuckets(b, a);
