import { callWebhook, sendWebhook } from './webhooks.ts';

/** One webhook that was sent, and what came back; a null answer is a connection that was refused or cut. */
export type SentWebhook = Readonly<{ id: string; status: number | null; retryAfter: string | null; tookMs: number }>;

export type Load = Readonly<{
  sent: readonly SentWebhook[];
  /** Ends sending and waits for the answers under way. */
  stop: () => Promise<readonly SentWebhook[]>;
}>;

type Options = Readonly<{
  url: string;
  token: string;
  /** Begins the ids of this load. */
  name: string;
  connections: number;
  /** Webhooks a second at most, over all connections; as many as go where absent. */
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
      const answer = await sendWebhook(url, token, callWebhook(id, `user-${number % 50}`));
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

/** How many of each status there were, to print. */
export function statusCounts(sent: readonly SentWebhook[]): string {
  const counts = new Map<string, number>();
  for (const { status } of sent) counts.set(String(status), (counts.get(String(status)) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${status}: ${count}`).join(', ');
}

export const acceptedIds = (sent: readonly SentWebhook[]): readonly string[] =>
  sent.filter(({ status }) => status === 202).map(({ id }) => id);
