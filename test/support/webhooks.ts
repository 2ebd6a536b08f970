import { Agent, request } from 'node:http';

/** A missed inbound call, as VXT would send it. */
export const callWebhook = (id: string, uid = 'u-1'): string =>
  JSON.stringify({
    event: 'callLog',
    callLog: {
      version: 3,
      id,
      url: `https://app.example/calls/${id}`,
      result: { type: 'missed', startTimestamp: 1_763_700_000_000 },
      direction: 'inbound',
      user: { type: 'user', uid, email: `${uid}@example.com` },
      phoneNumberE164: '+6491234567',
      otherParties: [{ type: 'phoneNumber', phoneNumberE164: '+6421234567' }],
    },
  });

/** A voicemail for the same user, as VXT would send it. */
export const voicemailWebhook = (id: string, uid = 'u-1'): string =>
  JSON.stringify({
    event: 'voicemail',
    voicemail: {
      version: 3,
      id,
      url: `https://app.example/voicemails/${id}`,
      timestamp: 1_763_700_000_000,
      duration: 12_000,
      transcription: null,
      user: { type: 'user', uid, email: `${uid}@example.com` },
      phoneNumberE164: '+6491234567',
      callerId: { type: 'phoneNumber', phoneNumberE164: '+6421234567' },
    },
  });

export type WebhookAnswer = Readonly<{ status: number; retryAfter: string | null }>;

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Posts a body as VXT does; resolves with the answer, or null where there was none (the connection was refused or cut). */
export function sendWebhook(url: string, token: string, body: string): Promise<WebhookAnswer | null> {
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('error', () => resolve(null));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? null }),
      );
    });
    sent.on('error', () => resolve(null));
    sent.end(body);
  });
}

/** The status of `sendWebhook`'s answer, or null where there was none. */
export const postWebhook = async (url: string, token: string, body: string): Promise<number | null> =>
  (await sendWebhook(url, token, body))?.status ?? null;
