import type { CallLogWebhook, VoicemailWebhook } from '../../../services/shared/call-events/webhook-payload.ts';

type Call = CallLogWebhook['callLog'];
type Voicemail = VoicemailWebhook['voicemail'];

/** An inbound missed call of user u-1, with what is given changed. */
export const call = (given: Partial<Call> = {}): CallLogWebhook => ({
  event: 'callLog',
  callLog: {
    version: 3,
    id: 'c-1',
    url: 'https://app.example/c-1',
    result: { type: 'missed', startTimestamp: Date.UTC(2026, 10, 22, 12) },
    direction: 'inbound',
    user: { type: 'user', uid: 'u-1', email: 'u-1@example.com' },
    phoneNumberE164: '+6495550100',
    otherParties: [{ type: 'unknown' }],
    ...given,
  },
});

/** A voicemail of ten seconds for user u-1, with what is given changed. */
export const voicemail = (given: Partial<Voicemail> = {}): VoicemailWebhook => ({
  event: 'voicemail',
  voicemail: {
    version: 3,
    id: 'v-1',
    url: 'https://app.example/v-1',
    timestamp: Date.UTC(2026, 10, 22, 12),
    duration: 10_000,
    transcription: null,
    user: { type: 'user', uid: 'u-1', email: 'u-1@example.com' },
    phoneNumberE164: '+6495550100',
    callerId: { type: 'unknown' },
    ...given,
  },
});

/** An answered call. */
export const answered = (startTimestamp: number, answerMs: number, talkMs: number): Call['result'] => ({
  type: 'answered',
  startTimestamp,
  answerTimestamp: startTimestamp + answerMs,
  hangupTimestamp: startTimestamp + answerMs + talkMs,
});
