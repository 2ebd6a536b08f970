import type { CallLogWebhook, VoicemailWebhook } from '../../services/shared/call-events/webhook-payload.ts';

type Call = CallLogWebhook['callLog'];
type Voicemail = VoicemailWebhook['voicemail'];

export type TestEvent = CallLogWebhook | VoicemailWebhook;

/** The time of all calls and voicemails of the builders below, in Unix milliseconds. */
export const EVENT_MS = Date.UTC(2026, 10, 22, 12);

export const user = (uid: string, email = `${uid}@example.com`) => ({ type: 'user' as const, uid, email });

export const missed = (startTimestamp: number) => ({ type: 'missed' as const, startTimestamp });

export const answered = (startTimestamp: number, answerMs: number, talkMs: number): Call['result'] => ({
  type: 'answered',
  startTimestamp,
  answerTimestamp: startTimestamp + answerMs,
  hangupTimestamp: startTimestamp + answerMs + talkMs,
});

/** An inbound missed call of user u-1, with the given changes. */
export const call = (given: Partial<Call> = {}): CallLogWebhook => ({
  event: 'callLog',
  callLog: {
    version: 3,
    id: 'c-1',
    url: `https://app.example/${given.id ?? 'c-1'}`,
    result: missed(EVENT_MS),
    direction: 'inbound',
    user: user('u-1'),
    phoneNumberE164: '+6495550100',
    otherParties: [{ type: 'unknown' }],
    ...given,
  },
});

/** A voicemail of ten seconds for user u-1, with the given changes. */
export const voicemail = (given: Partial<Voicemail> = {}): VoicemailWebhook => ({
  event: 'voicemail',
  voicemail: {
    version: 3,
    id: 'v-1',
    url: `https://app.example/${given.id ?? 'v-1'}`,
    timestamp: EVENT_MS,
    duration: 10_000,
    transcription: null,
    user: user('u-1'),
    phoneNumberE164: '+6495550100',
    callerId: { type: 'unknown' },
    ...given,
  },
});

/** Changes that may break the contract, which the types of `call` and `voicemail` would not allow. */
type AnyMembers = Readonly<Record<string, unknown>>;

/** The body of a webhook with `call(given)`. */
export const callBody = (given: AnyMembers = {}): string => JSON.stringify(call(given as Partial<Call>));

/** The body of a webhook with `voicemail(given)`. */
export const voicemailBody = (given: AnyMembers = {}): string => JSON.stringify(voicemail(given as Partial<Voicemail>));
