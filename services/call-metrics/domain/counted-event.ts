import type { SubjectType } from '../../shared/call-events/avro-types.generated.ts';

/** Where a record is in the log. Subjects are ranked by the place of their first record. */
export type LogPlace = Readonly<{
  /** The record's log time, Unix time in milliseconds. If it has none: the time that the log had reached, or 0. */
  timestamp: number;
  partition: number;
  offset: number;
}>;

/** The subject whose totals include an event. `unassigned` is one subject per partition; its id is the partition's number. */
export type CountedSubject = Readonly<{ type: Exclude<SubjectType, 'unrecognised'>; id: string }>;

/**
 * How a call ended. Only an answered call has durations, in milliseconds; null if its timestamps run backwards or are
 * implausible.
 */
export type CallResult =
  | Readonly<{ type: 'missed' }>
  | Readonly<{ type: 'answered'; durations: Readonly<{ answerMs: number; talkMs: number }> | null }>
  | Readonly<{ type: 'other' }>;

type EventCommon = Readonly<{
  subject: CountedSubject;
  /** The user's address in this event; null if the subject is not a user, or the address is too long to be real. */
  userEmail: string | null;
  /** The event's own time, Unix time in milliseconds; null if a time or duration of the event is implausible. */
  atMs: number | null;
  place: LogPlace;
}>;

export type CallEvent = EventCommon &
  Readonly<{
    event: 'callLog';
    direction: 'inbound' | 'outbound' | 'otherDirection';
    result: CallResult;
    /** More than one other party. */
    conference: boolean;
  }>;

export type VoicemailEvent = EventCommon &
  Readonly<{
    event: 'voicemail';
    /** Null if the event is implausible. */
    durationMs: number | null;
    transcribed: boolean;
  }>;

/** A call or voicemail, reduced to what the totals need. */
export type CountedEvent = CallEvent | VoicemailEvent;

/** A time or duration that no clock can show: the ingress rejects it, but another writer may send it. */
export type Impossible = 'impossible-time';
