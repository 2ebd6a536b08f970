import { setTimeout } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { readUncommitted } from '../client/read-uncommitted.ts';
import { createLogEnds, type EndsOfTopics } from '../topics/log-ends.ts';

const LOOK_EVERY_MS = 500;
/** Longer than the timeout of a rebuild's transaction, after which the coordinator aborts it. */
const WITHIN_MS = 75_000;

export type TransactionLook = Readonly<{
  /** The high watermarks of the topics that the partition's tasks write. */
  watermarks: () => Promise<EndsOfTopics>;
  /** Their last stable offsets; fetched after the watermarks. */
  stable: () => Promise<EndsOfTopics>;
  /** False ends the waiting. */
  wanted: () => boolean;
  now: () => number;
  wait: (ms: number) => Promise<unknown>;
}>;

/**
 * Lets whoever fenced a task finish: resolves once no transaction is open on the partition, or after 75 s. A rebuild fences the live task
 * to publish a partition in one transaction; a task that fenced it back at once would make it start over, only to be fenced again
 * itself. Never rejects: if Kafka does not answer, it does not wait.
 */
export async function awaitOpenTransaction(partition: number, look: TransactionLook): Promise<void> {
  const endMs = look.now() + WITHIN_MS;
  while (look.wanted() && look.now() < endMs) {
    const open = await isOpen(partition, look).catch(() => false);
    if (!open) return;
    await look.wait(LOOK_EVERY_MS);
  }
}

async function isOpen(partition: number, { watermarks, stable }: TransactionLook): Promise<boolean> {
  const highs = await watermarks();
  const found = await stable();
  return [...highs].some(
    ([topic, ends]) => (ends.get(partition)?.high ?? 0) > (found.get(topic)?.get(partition)?.high ?? Infinity),
  );
}

/** `awaitOpenTransaction` for the partitions of these topics. */
export function openTransactionsOf(kafka: Kafka, brokers: readonly string[], topics: readonly string[]) {
  const look = {
    stable: createLogEnds(kafka, brokers, topics),
    watermarks: createLogEnds(readUncommitted(kafka), brokers, topics),
    now: () => performance.now(),
    wait: setTimeout,
  };
  return (partition: number, wanted: () => boolean): Promise<void> =>
    awaitOpenTransaction(partition, { ...look, wanted });
}
