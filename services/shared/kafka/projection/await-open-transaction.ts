import { setTimeout } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { readUncommitted } from '../read-uncommitted.ts';
import { createLogEnds, type EndsOfTopics } from './log-ends.ts';

const LOOK_EVERY_MS = 500;
/** Longer than a rebuild's transaction may last; then it is nobody's who still lives. */
const WITHIN_MS = 75_000;

export type TransactionLook = Readonly<{
  /** The ends with what open transactions have written, of the topics that the partition's tasks write. */
  watermarks: () => Promise<EndsOfTopics>;
  /** The last stable offsets, asked for after them. */
  stable: () => Promise<EndsOfTopics>;
  /** Ends the waiting. */
  wanted: () => boolean;
  now: () => number;
  wait: (ms: number) => Promise<unknown>;
}>;

/**
 * Whoever fenced a task is let finish: resolves once no transaction is open on the partition, or after 75 s. A rebuild fences the live task to publish a
 * partition in one transaction; a task that fenced it back at once would make it begin again, and be fenced again itself. Never rejects: where Kafka does not
 * say, nobody is waited for.
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

/** Waits as awaitOpenTransaction does, for a partition of these topics; `wanted` ends it. */
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
