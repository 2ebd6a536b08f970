import type { Consumer } from 'kafkajs';

/**
 * Whether this member still belongs to the group's current generation. `confirmed` resolves after a heartbeat that was sent after the call and
 * answered, or after a rejoin. Without that proof, a fenced member could fence its successor, and the two each other for ever
 * (shared/kafka/README.md, rule 5).
 */
export type Membership = Readonly<{ confirmed: () => Promise<void> }>;

/** The first heartbeat to complete may have been sent before the call; the second was not. */
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
