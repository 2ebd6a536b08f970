import { Agent, request } from 'node:http';

export type WebhookAnswer = Readonly<{ status: number; retryAfter: string | null }>;

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Posts a body as VXT does. Resolves to the answer, or to null if there was none (the connection was refused or cut). */
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

/** The status of `sendWebhook`'s answer, or null if there was none. */
export const postWebhook = async (url: string, token: string, body: string): Promise<number | null> =>
  (await sendWebhook(url, token, body))?.status ?? null;
