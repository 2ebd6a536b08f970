import type { Consumer } from 'kafkajs';

/**
 * Whether the group counts on this member. A heartbeat that was sent and answered well after the question proves that
 * no later generation has given its partitions away; so does a new join. (Rule 5: a fenced member that fenced again
 * without such a proof could fence its successor, and the two each other for ever.)
 */
export type Membership = Readonly<{ confirmed: () => Promise<void> }>;

/** The heartbeat on its way when the question was put may be older than it: the next one is not. */
const HEARTBEATS = 2;

export function createMembership(consumer: Consumer): Membership {
  let waiters: { left: number; resolve: () => void }[] = [];
  const settle = (): void => {
    for (const { left, resolve } of waiters) if (left <= 0) resolve();
    waiters = waiters.filter(({ left }) => left > 0);
  };
  consumer.on('consumer.heartbeat', () => {
    for (const waiter of waiters) waiter.left -= 1;
    settle();
  });
  consumer.on('consumer.group_join', () => {
    for (const waiter of waiters) waiter.left = 0;
    settle();
  });
  return { confirmed: () => new Promise((resolve) => waiters.push({ left: HEARTBEATS, resolve })) };
}
