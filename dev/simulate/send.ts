import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../stack/stack-error.ts';

/** What became of one webhook. `attempts` counts every request that was made for it. */
export type Outcome = Readonly<
  | { kind: 'accepted'; attempts: number; tookMs: number }
  | { kind: 'refused'; attempts: number; status: number; detail: string }
  | { kind: 'gave-up'; attempts: number; problem: string }
>;

export type Sender = Readonly<{ send: (body: string, signal: AbortSignal) => Promise<Outcome>; close: () => void }>;

type Answer = Readonly<{ status: number; retryAfterMs: number | null; body: string }>;

const ANSWER_WITHIN_MS = 30_000;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Sends webhooks as VXT does, and again after 503, 429 and broken connections: after Retry-After if the answer has one, else after a growing pause; gives up after
 * `giveUpAfterMs`. Any other answer but 2xx is final.
 */
export function createSender(url: URL, token: string, concurrency: number, giveUpAfterMs: number): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };

  const post = (body: string) =>
    new Promise<Answer>((resolve, reject) => {
      const length = Buffer.byteLength(body);
      const asking = request(
        url,
        { method: 'POST', agent, headers: { ...headers, 'content-length': length } },
        (answer) => {
          let said = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => {
            said += chunk;
          });
          answer.on('error', reject);
          answer.on('end', () => {
            const seconds = Number(answer.headers['retry-after'] ?? Number.NaN);
            const retryAfterMs = Number.isFinite(seconds) ? seconds * 1_000 : null;
            resolve({ status: answer.statusCode ?? 0, retryAfterMs, body: said });
          });
        },
      );
      asking.setTimeout(ANSWER_WITHIN_MS, () => asking.destroy(new Error('no answer within 30 s')));
      asking.once('error', reject);
      asking.end(body);
    });

  const send = async (body: string, signal: AbortSignal): Promise<Outcome> => {
    const startedAt = performance.now();
    for (let attempts = 1; ; attempts += 1) {
      const answer = await post(body).catch((error: unknown) => problemOf(error));
      if (typeof answer !== 'string') {
        const { status } = answer;
        if (status >= 200 && status < 300) return { kind: 'accepted', attempts, tookMs: performance.now() - startedAt };
        if (status !== 503 && status !== 429)
          return { kind: 'refused', attempts, status, detail: answer.body.slice(0, 200) };
      }
      const problem = typeof answer === 'string' ? answer : `HTTP ${answer.status}`;
      const asked = typeof answer === 'string' ? null : answer.retryAfterMs;
      const waitMs = Math.min(asked ?? 100 * 2 ** Math.min(attempts - 1, 6), LONGEST_PAUSE_MS);
      const isOver = performance.now() - startedAt + waitMs > giveUpAfterMs;
      if (isOver || signal.aborted) return { kind: 'gave-up', attempts, problem };
      await pause(waitMs, undefined, { signal }).catch(() => undefined);
    }
  };
  return { send, close: () => agent.destroy() };
}

function problemOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : messageOf(error);
}
