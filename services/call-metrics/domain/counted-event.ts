import type { SubjectType } from '../../shared/call-events/avro-types.generated.ts';

/** Where a record is in the log: the rank of a subject is that of its first. */
export type LogPlace = Readonly<{
  /** The record's time in the log: Unix time in milliseconds. Where it has none, that of the log by then, or 0. */
  timestamp: number;
  partition: number;
  offset: number;
}>;

/** Whose totals an event belongs to. `unassigned` is one subject per partition, whose id is the partition's number. */
export type CountedSubject = Readonly<{ type: Exclude<SubjectType, 'unrecognised'>; id: string }>;

/**
 * How a call ended. Only an answered call has durations, in milliseconds; null where its own timestamps run backwards or
 * are implausible, so that none can be told.
 */
export type CallResult =
  | Readonly<{ type: 'missed' }>
  | Readonly<{ type: 'answered'; durations: Readonly<{ answerMs: number; talkMs: number }> | null }>
  | Readonly<{ type: 'other' }>;

/** What every event has. */
type Common = Readonly<{
  subject: CountedSubject;
  /** The user's address in this event; null where the subject is no user, or the address is longer than any is. */
  userEmail: string | null;
  /** The event's own time: Unix time in milliseconds. Null: a time or duration of the event is implausible. */
  atMs: number | null;
  place: LogPlace;
}>;

export type CallEvent = Common &
  Readonly<{
    event: 'callLog';
    direction: 'inbound' | 'outbound' | 'otherDirection';
    result: CallResult;
    /** More than one other party. */
    conference: boolean;
  }>;

export type VoicemailEvent = Common &
  Readonly<{
    event: 'voicemail';
    /** Null where the event is implausible. */
    durationMs: number | null;
    transcribed: boolean;
  }>;

/** A call or voicemail as the totals see it. */
export type CountedEvent = CallEvent | VoicemailEvent;

/** The event, or its record, holds a time or duration that no clock gives: the ingress takes none, another writer may. */
export type Impossible = 'impossible-time';
