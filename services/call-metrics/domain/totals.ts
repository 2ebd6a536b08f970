import type { DirectionTotals, UserCallMetrics } from '../../shared/call-events/avro-types.generated.ts';
import { answerBoundsMs, talkBoundsMs } from '../../shared/call-events/histogram-bounds.ts';
import type { CountedSubject } from './counted-event.ts';

/** A subject's totals are kept for its lifetime and for each day of it, by the events' own time. */
export type Window = Readonly<{ kind: 'lifetime' }> | Readonly<{ kind: 'day'; date: string }>;

/** What the totals of a window hold: the record of the table without the names of subject and window. */
export type Totals = Omit<UserCallMetrics, 'subject' | 'date' | 'timeZone' | 'firstSeen'> &
  Readonly<{
    /** Place of the first record in the log that counted here; null before the first. */
    firstSeen: UserCallMetrics['firstSeen'] | null;
  }>;

/** Histograms are kept for lifetimes only: nobody reads those of a day, and they would be most of its bytes. */
export function initialState(window: Window): Totals {
  const direction: DirectionTotals = {
    answered: 0,
    missed: 0,
    other: 0,
    answerMs: 0,
    talkMs: 0,
    clockSkewed: 0,
    implausibleAnswered: 0,
    implausibleMissed: 0,
    implausibleOther: 0,
    answerHistogram: window.kind === 'lifetime' ? zeros(answerBoundsMs.length + 1) : [],
    talkHistogram: window.kind === 'lifetime' ? zeros(talkBoundsMs.length + 1) : [],
  };
  return {
    userEmail: null,
    inbound: direction,
    outbound: direction,
    otherDirection: direction,
    conferenceCalls: 0,
    voicemails: 0,
    voicemailMs: 0,
    voicemailsTranscribed: 0,
    implausibleVoicemails: 0,
    lateEvents: 0,
    lastCallAt: null,
    lastVoicemailAt: null,
    firstSeen: null,
  };
}

const zeros = (length: number): readonly number[] => Array.from({ length }, () => 0);

/** The record of the table for these totals. Null before the first event: there is nothing to say. */
export function snapshot(
  totals: Totals,
  subject: CountedSubject,
  window: Window,
  timeZone: string,
): UserCallMetrics | null {
  const { firstSeen } = totals;
  if (firstSeen === null) return null;
  const date = window.kind === 'day' ? { string: window.date } : null;
  return { ...totals, firstSeen, subject, date, timeZone };
}

/** The totals that a record of the table holds: the way back from `snapshot`. */
export function fromSnapshot(record: UserCallMetrics): Totals {
  const { subject: _subject, date: _date, timeZone: _timeZone, ...totals } = record;
  return totals;
}
