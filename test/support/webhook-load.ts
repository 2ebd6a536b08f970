import { callBody, user } from './call-events.ts';
import { sendWebhook } from './post-webhook.ts';

/** One webhook that was sent, and its answer. Null means that the connection was refused or cut. */
export type SentWebhook = Readonly<{ id: string; status: number | null; retryAfter: string | null; tookMs: number }>;

export type Load = Readonly<{
  sent: readonly SentWebhook[];
  /** Stops sending and waits for outstanding answers. */
  stop: () => Promise<readonly SentWebhook[]>;
}>;

type Options = Readonly<{
  url: string;
  token: string;
  /** Prefix of the ids of this load. */
  name: string;
  connections: number;
  /** Maximum webhooks per second over all connections. If absent, there is no limit. */
  rate?: number;
}>;

/** Sends webhooks of 50 users with ids `<name>-<number>` until it is stopped. */
export function startLoad({ url, token, name, connections, rate }: Options): Load {
  const sent: SentWebhook[] = [];
  const startedMs = performance.now();
  let next = 0;
  let on = true;
  const connection = async (): Promise<void> => {
    while (on) {
      const number = next++;
      const dueMs = rate === undefined ? 0 : startedMs + (number * 1000) / rate - performance.now();
      if (dueMs > 1) await new Promise((resolve) => setTimeout(resolve, dueMs));
      const id = `${name}-${number}`;
      const sentMs = performance.now();
      const answer = await sendWebhook(url, token, callBody({ id, user: user(`user-${number % 50}`) }));
      sent.push({
        id,
        status: answer?.status ?? null,
        retryAfter: answer?.retryAfter ?? null,
        tookMs: performance.now() - sentMs,
      });
      if (answer === null) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const running = Promise.all(Array.from({ length: connections }, connection));
  return {
    sent,
    stop: async () => {
      on = false;
      await running;
      return sent;
    },
  };
}

/** The number of answers per status, for printing. */
export function statusCounts(sent: readonly SentWebhook[]): string {
  const counts = new Map<string, number>();
  for (const { status } of sent) counts.set(String(status), (counts.get(String(status)) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${status}: ${count}`).join(', ');
}

export const acceptedIds = (sent: readonly SentWebhook[]): readonly string[] =>
  sent.filter(({ status }) => status === 202).map(({ id }) => id);
