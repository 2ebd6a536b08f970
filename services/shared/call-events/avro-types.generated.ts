// Generated from schemas/*.avsc by `npm run generate`: edit those.

/** Nobody answered. */
export type MissedCall = {
  /** When the call started: Unix time in milliseconds. */
  readonly startTimestamp: number;
  /** JSON text of an object with the members that the sender put here and that this record has no field for, or whose value a field cannot hold exactly (a fractional millisecond, a lone surrogate). Null when there are none. To rebuild what was sent, these members win over the fields. */
  readonly extraJson: null | { readonly 'string': string };
};

/** Somebody answered. */
export type AnsweredCall = {
  /** When the call started: Unix time in milliseconds. */
  readonly startTimestamp: number;
  /** When it was answered: Unix time in milliseconds. */
  readonly answerTimestamp: number;
  /** When it ended: Unix time in milliseconds. */
  readonly hangupTimestamp: number;
  /** JSON text of an object with the members that the sender put here and that this record has no field for, or whose value a field cannot hold exactly (a fractional millisecond, a lone surrogate). Null when there are none. To rebuild what was sent, these members win over the fields. */
  readonly extraJson: null | { readonly 'string': string };
};

/** A result of a type that VXT added after this schema was written: the catch-all branch. Metrics count it under result="other". */
export type UnrecognisedResult = {
  /** The type's name as VXT sent it. */
  readonly type: string;
  /** When the call started, where the result says so as the known ones do: Unix time in milliseconds. Null when it does not. */
  readonly startTimestamp: null | { readonly 'long': number };
  /** JSON text of the whole result. */
  readonly json: string;
};

/** `unrecognised` stands for any direction VXT added after this schema was written; directionText has its name. */
export type Direction = 'inbound' | 'outbound' | 'unrecognised';

/** A finished call, answered or missed, as VXT reported it. */
export type CallLog = {
  /** Version of VXT's payload; 3 today. */
  readonly version: number;
  /** Id of the VXT message this event is for. With the event's kind it is the identity by which a repeated event counts once. */
  readonly id: string;
  /** Opens the call log, its recording and its transcription in the VXT web app for users of the same team. */
  readonly url: string;
  /** How the call ended. */
  readonly result: { readonly 'vxt.events.MissedCall': MissedCall } | { readonly 'vxt.events.AnsweredCall': AnsweredCall } | { readonly 'vxt.events.UnrecognisedResult': UnrecognisedResult };
  /** The direction from the point of view of the VXT user or number. */
  readonly direction: Direction;
  /** The direction as VXT sent it when `direction` is `unrecognised`; null otherwise. */
  readonly directionText: null | { readonly 'string': string };
  /** The user that placed or answered the call or was the target of a call flow's voicemail node. Null when there is none, as for a missed call that reached nobody. */
  readonly user: null | { readonly 'vxt.events.User': User } | { readonly 'vxt.events.UnrecognisedParty': UnrecognisedParty };
  /** The VXT number that placed or received the call, in E.164. Null for a call that began between users and had external numbers added. */
  readonly phoneNumberE164: null | { readonly 'string': string };
  /** The other parties. More than one makes it a conference call. */
  readonly otherParties: readonly ({ readonly 'vxt.events.User': User } | { readonly 'vxt.events.PhoneNumber': PhoneNumber } | { readonly 'vxt.events.UnknownParty': UnknownParty } | { readonly 'vxt.events.OtherParty': OtherParty } | { readonly 'vxt.events.UnrecognisedParty': UnrecognisedParty })[];
  /** JSON text of an object with the members that the sender put here and that this record has no field for, or whose value a field cannot hold exactly (a fractional millisecond, a lone surrogate). Null when there are none. To rebuild what was sent, these members win over the fields. */
  readonly extraJson: null | { readonly 'string': string };
  /** As extraJson, for members beside `event` and the payload at the top level of the webhook's body. */
  readonly envelopeExtraJson: null | { readonly 'string': string };
};

/** The events of one input topic. */
export type SeenIds = {
  /** The kind of event the topic holds: callLog or voicemail. */
  readonly input: string;
  /** Largest log time of these events: the record is of no use once this is past the horizon. */
  readonly newestLogTime: number;
  /** 32 bytes per event: the first 16 of SHA-256 over subject and id, the first 8 of SHA-256 over the Avro body, the log time in milliseconds as a big-endian 64-bit integer. */
  readonly entries: Buffer;
};

/** The events one commit of the projection counted, so that none counts twice. One record per commit and partition; the key is the number of the task's partition. */
export type CallMetricsSeen = {
  /** The rebuild it belongs to. */
  readonly generation: number;
  /** One per input topic that brought events. */
  readonly inputs: readonly (SeenIds)[];
};

/** A record that tells this log from any other. */
export type LastRecord = {
  /** Where it is. */
  readonly offset: number;
  /** Its time in the log. */
  readonly timestamp: number;
  /** The first 16 bytes of the SHA-256 of its value. */
  readonly valueHash: Buffer;
};

/** How far this partition of one input topic was read. */
export type InputProgress = {
  /** The kind of event the topic holds: callLog or voicemail. */
  readonly input: string;
  /** The offset to read next. */
  readonly nextOffset: number;
  /** The time of this input partition's log, as far as it is believed: what horizons are measured by. An input that brings nothing is moved on by the others. Null before a record whose time is believed. */
  readonly logTime: null | { readonly 'long': number };
  /** Earliest time of the records that are ahead of `logTime` and not believed yet. Null where the last one was. */
  readonly aheadSince: null | { readonly 'long': number };
  /** The last record of this input partition that was counted or dead-lettered: the position belongs to the log that has it there. Null before the first, and in states of before version 2. */
  readonly lastRecord: null | { readonly 'vxt.metrics.LastRecord': LastRecord };
};

/** How far one task of the projection has read, written in the same transaction as the totals it read to. The newest record of a key replaces the earlier ones; the key is the number of the task's partition. */
export type CallMetricsState = {
  /** Counts the rebuilds: seen ids of other generations do not count. */
  readonly generation: number;
  /** The settings the totals depend on, as name=value joined by semicolons. Another fingerprint means other totals: rebuild. */
  readonly fingerprint: string;
  /** One per input topic that was read. */
  readonly inputs: readonly (InputProgress)[];
};

/** user: a VXT user. number: a VXT number, for events without a user. unassigned: events with neither; one subject per partition. unrecognised: a type added later. */
export type SubjectType = 'user' | 'number' | 'unassigned' | 'unrecognised';

export type Subject = {
  /** What kind of subject. */
  readonly type: SubjectType;
  /** The uid, the number in E.164, or for unassigned the number of the partition. */
  readonly id: string;
};

/** Totals over the calls of one direction. Only sums and counts, never averages, so that readers can add them. */
export type DirectionTotals = {
  /** Calls answered. */
  readonly answered: number;
  /** Calls nobody answered (outbound: unanswered by the other side). */
  readonly missed: number;
  /** Calls whose result this version does not know. */
  readonly other: number;
  /** Speed of answer summed: answerTimestamp - startTimestamp over answered calls neither skewed nor implausible, in milliseconds. */
  readonly answerMs: number;
  /** Talk time summed: hangupTimestamp - answerTimestamp over answered calls neither skewed nor implausible, in milliseconds. */
  readonly talkMs: number;
  /** Answered calls whose timestamps run backwards: counted in `answered`, left out of both sums and histograms. */
  readonly clockSkewed: number;
  /** Answered calls neither skewed nor implausible by speed of answer, one count per bucket (not cumulative). Bounds: services/shared/call-events/histogram-bounds.ts. Empty in the windows of days. */
  readonly answerHistogram: readonly (number)[];
  /** The same by talk time. */
  readonly talkHistogram: readonly (number)[];
  /** Calls whose start is before 2000-01-01 or more than 48 h after their log time, or that lasted over 24 h: counted in `answered`, in no sum, histogram, day or last call. Always 0 in the windows of days. */
  readonly implausibleAnswered: number;
  /** The same of those counted in `missed`. */
  readonly implausibleMissed: number;
  /** The same of those counted in `other`. */
  readonly implausibleOther: number;
};

export type FirstSeen = {
  /** The record's time in the log: Unix time in milliseconds. Where the record has none, that of the log by then, or 0. */
  readonly timestamp: number;
  /** Its partition. */
  readonly partition: number;
  /** Its offset. */
  readonly offset: number;
};

/** The totals of one subject in one window. The newest record of a key replaces the earlier ones. */
export type UserCallMetrics = {
  /** Whose calls these are. */
  readonly subject: Subject;
  /** The user's e-mail address in the newest event. Null where the subject is no user. Personal data. */
  readonly userEmail: null | { readonly 'string': string };
  /** The day as YYYY-MM-DD in `timeZone`. Null for the lifetime of the subject. */
  readonly date: null | { readonly 'string': string };
  /** IANA name of the zone in which days begin and end. */
  readonly timeZone: string;
  /** Calls to the subject. */
  readonly inbound: DirectionTotals;
  /** Calls by the subject. */
  readonly outbound: DirectionTotals;
  /** Calls in a direction this version does not know. */
  readonly otherDirection: DirectionTotals;
  /** Calls with more than one other party, of any direction and result. */
  readonly conferenceCalls: number;
  /** Voicemails left. */
  readonly voicemails: number;
  /** The duration of those that are not implausible summed, in milliseconds. */
  readonly voicemailMs: number;
  /** Those with a transcription. */
  readonly voicemailsTranscribed: number;
  /** Events for a day that was closed already: they count here and in the lifetime, not in a day. Always 0 in the windows of days. */
  readonly lateEvents: number;
  /** Start of the newest call by its own time, implausible ones left out. Null before the first. */
  readonly lastCallAt: null | { readonly 'long': number };
  /** Time of the newest voicemail by its own time, implausible ones left out. Null before the first. */
  readonly lastVoicemailAt: null | { readonly 'long': number };
  /** Where the subject's first event is in the log: the rank by which subjects are admitted where their number is capped. */
  readonly firstSeen: FirstSeen;
  /** Voicemails whose time is before 2000-01-01 or more than 48 h after their log time, or that last over 24 h: counted in `voicemails`, in no sum, day or last voicemail. Always 0 in the windows of days. */
  readonly implausibleVoicemails: number;
};

/** A VXT user. */
export type User = {
  /** The user's id in VXT. */
  readonly uid: string;
  /** The user's e-mail address. Personal data. */
  readonly email: string;
  /** JSON text of an object with the members that the sender put here and that this record has no field for, or whose value a field cannot hold exactly (a fractional millisecond, a lone surrogate). Null when there are none. To rebuild what was sent, these members win over the fields. */
  readonly extraJson: null | { readonly 'string': string };
};

/** A party of a type that VXT added after this schema was written: the catch-all branch, because a union cannot grow under FULL_TRANSITIVE compatibility. */
export type UnrecognisedParty = {
  /** The type's name as VXT sent it. */
  readonly type: string;
  /** JSON text of the whole party. */
  readonly json: string;
};

/** A party represented by a phone number. */
export type PhoneNumber = {
  /** The number in E.164. Personal data. */
  readonly phoneNumberE164: string;
  /** JSON text of an object with the members that the sender put here and that this record has no field for, or whose value a field cannot hold exactly (a fractional millisecond, a lone surrogate). Null when there are none. To rebuild what was sent, these members win over the fields. */
  readonly extraJson: null | { readonly 'string': string };
};

/** A party with a private caller id. */
export type UnknownParty = {
  /** JSON text of an object with the members that the sender put here and that this record has no field for, or whose value a field cannot hold exactly (a fractional millisecond, a lone surrogate). Null when there are none. To rebuild what was sent, these members win over the fields. */
  readonly extraJson: null | { readonly 'string': string };
};

/** A party not represented by a phone number, such as an SMS alphanumeric sender id. Not sent today. */
export type OtherParty = {
  /** The sender id. */
  readonly value: string;
  /** JSON text of an object with the members that the sender put here and that this record has no field for, or whose value a field cannot hold exactly (a fractional millisecond, a lone surrogate). Null when there are none. To rebuild what was sent, these members win over the fields. */
  readonly extraJson: null | { readonly 'string': string };
};

/** A voicemail that was left, as VXT reported it. */
export type Voicemail = {
  /** Version of VXT's payload; 3 today. */
  readonly version: number;
  /** Id of the VXT message this event is for. With the event's kind it is the identity by which a repeated event counts once. */
  readonly id: string;
  /** Opens the voicemail, its recording and its transcription in the VXT web app for users of the same team. */
  readonly url: string;
  /** When the voicemail was left: Unix time in milliseconds. */
  readonly timestamp: number;
  /** Length of the audio in milliseconds; never negative. */
  readonly duration: number;
  /** What was said. Null when there is no transcription. Personal data. */
  readonly transcription: null | { readonly 'string': string };
  /** The user that was the target of a call flow's voicemail node. Null when there is none. */
  readonly user: null | { readonly 'vxt.events.User': User } | { readonly 'vxt.events.UnrecognisedParty': UnrecognisedParty };
  /** The VXT number that received the call, in E.164. Null when there is none. */
  readonly phoneNumberE164: null | { readonly 'string': string };
  /** The party that left the voicemail. */
  readonly callerId: { readonly 'vxt.events.User': User } | { readonly 'vxt.events.PhoneNumber': PhoneNumber } | { readonly 'vxt.events.UnknownParty': UnknownParty } | { readonly 'vxt.events.OtherParty': OtherParty } | { readonly 'vxt.events.UnrecognisedParty': UnrecognisedParty };
  /** JSON text of an object with the members that the sender put here and that this record has no field for, or whose value a field cannot hold exactly (a fractional millisecond, a lone surrogate). Null when there are none. To rebuild what was sent, these members win over the fields. */
  readonly extraJson: null | { readonly 'string': string };
  /** As extraJson, for members beside `event` and the payload at the top level of the webhook's body. */
  readonly envelopeExtraJson: null | { readonly 'string': string };
};
