import type { DirectionTotals, UserCallMetrics } from '../../shared/call-events/avro-types.generated.ts';
import { answerBoundsMs, talkBoundsMs } from '../../shared/call-events/histogram-bounds.ts';
import type { CountedSubject } from './counted-event.ts';

/** Totals are kept per subject for its lifetime and for each day, by the events' own time. */
export type Window = Readonly<{ kind: 'lifetime' }> | Readonly<{ kind: 'day'; date: string }>;

/** The totals of one window: a record of the table without the subject and the window. */
export type Totals = Omit<UserCallMetrics, 'subject' | 'date' | 'timeZone' | 'firstSeen'> &
  Readonly<{
    /** The place in the log of the first record counted here; null before the first. */
    firstSeen: UserCallMetrics['firstSeen'] | null;
  }>;

/** Only lifetimes have histograms: those of days would have no reader and would be most of their bytes. */
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

/** The table's record for these totals; null before the first event. */
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

/** The inverse of `snapshot`. */
export function fromSnapshot(record: UserCallMetrics): Totals {
  const { subject: _subject, date: _date, timeZone: _timeZone, ...totals } = record;
  return totals;
}
