import type { CallLog, Voicemail } from './avro-types.generated.ts';

/**
 * Whose call or voicemail an event is: the VXT user; without a user the VXT number; without either nobody, which is
 * the call a team most wants to see, so it is counted too.
 */
export type EventSubject =
  | Readonly<{ type: 'user'; uid: string; email: string }>
  | Readonly<{ type: 'number'; phoneNumberE164: string }>
  | Readonly<{ type: 'unassigned' }>;

/** A user of a type this version does not know has no uid to count under: such an event belongs to its number. */
export function subjectOf(event: CallLog | Voicemail): EventSubject {
  if (event.user !== null && 'vxt.events.User' in event.user) {
    const { uid, email } = event.user['vxt.events.User'];
    return { type: 'user', uid, email };
  }
  if (event.phoneNumberE164 !== null) return { type: 'number', phoneNumberE164: event.phoneNumberE164.string };
  return { type: 'unassigned' };
}

/**
 * The record key of an event, UTF-8: the uid, else the number, else the event's own id, which spreads events
 * without a subject over all partitions. Other clients can compute it; Kafka's default partitioner does the rest.
 */
export function subjectKey(event: CallLog | Voicemail): string {
  const subject = subjectOf(event);
  switch (subject.type) {
    case 'user':
      return subject.uid;
    case 'number':
      return subject.phoneNumberE164;
    case 'unassigned':
      return event.id;
  }
}
