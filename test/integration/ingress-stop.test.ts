import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startIngressProcess } from '../support/ingress.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import { isolatedStack } from '../support/stack.ts';
import { callWebhook } from '../support/webhooks.ts';

const stack = isolatedStack();
const TOKEN = 'stop-token-0123456789';
const HEAD = `POST /webhooks/vxt HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\n`;

describe('When an ingress stops under senders that keep their connections', () => {
  test.each([1, 2])(
    'with %i processes, then each gets an answer that says it is the last, and none sees a reset',
    async (workers) => {
      const stopping = await startIngressProcess({
        ...stack.environment,
        VXT_WEBHOOK_TOKENS: TOKEN,
        INGRESS_WORKERS: String(workers),
      });
      const port = Number(new URL(stopping.url).port);
      const body = callWebhook('stop');
      const webhook = `${HEAD}content-length: ${body.length}\r\n\r\n${body}`;
      let told = 0;
      const sender = async (): Promise<string | null> => {
        const connection = openRawConnection(port);
        for (let sent = 1; ; sent += 1) {
          connection.send(webhook);
          const answer = await connection.answered(sent);
          expect(answer.status).toBe(202);
          told += 1;
          if (answer.headers.connection === 'close') return connection.ended();
        }
      };
      const senders = Array.from({ length: 8 }, sender);
      await eventually(() => told > 100);
      const code = stopping.end();
      expect(new Set(await Promise.all(senders))).toEqual(new Set([null]));
      expect(await code).toBe(0);
    },
  );
});
