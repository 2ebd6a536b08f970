import type { UserCallMetrics } from '../../shared/call-events/avro-types.generated.ts';

/** The totals of a window as the query API tells them: sums in seconds, over all directions. */
export type Metrics = Readonly<{
  inboundAnswered: number;
  inboundMissed: number;
  outboundAnswered: number;
  outboundUnanswered: number;
  conferenceCalls: number;
  answerSeconds: number;
  talkSeconds: number;
  clockSkewed: number;
  voicemails: number;
  voicemailSeconds: number;
  voicemailsTranscribed: number;
  /** By the events' own time, ISO 8601 in UTC; null before the first. */
  lastEventAt: string | null;
}>;

export function answerOf(totals: UserCallMetrics): Metrics {
  const { inbound, outbound, otherDirection } = totals;
  const overAll = (field: 'answerMs' | 'talkMs' | 'clockSkewed'): number =>
    inbound[field] + outbound[field] + otherDirection[field];
  const last = lastEventMs(totals);
  return {
    inboundAnswered: inbound.answered,
    inboundMissed: inbound.missed,
    outboundAnswered: outbound.answered,
    outboundUnanswered: outbound.missed,
    conferenceCalls: totals.conferenceCalls,
    answerSeconds: overAll('answerMs') / 1000,
    talkSeconds: overAll('talkMs') / 1000,
    clockSkewed: overAll('clockSkewed'),
    voicemails: totals.voicemails,
    voicemailSeconds: totals.voicemailMs / 1000,
    voicemailsTranscribed: totals.voicemailsTranscribed,
    lastEventAt: last === null ? null : new Date(last).toISOString(),
  };
}

/** When the newest event was by its own time, Unix time in milliseconds; null before the first. */
export function lastEventMs({ lastCallAt, lastVoicemailAt }: UserCallMetrics): number | null {
  if (lastCallAt === null) return lastVoicemailAt?.long ?? null;
  return lastVoicemailAt === null ? lastCallAt.long : Math.max(lastCallAt.long, lastVoicemailAt.long);
}
