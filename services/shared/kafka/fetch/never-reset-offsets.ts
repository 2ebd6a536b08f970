import { createRequire } from 'node:module';

type OutOfRange = Readonly<{ topic: string; partition: number }>;
type Prototype = { recoverFromOffsetOutOfRange: (error: OutOfRange) => Promise<void> };

/** The part of kafkajs 2.2.4 this relies on; its version is pinned, and test/unit/kafka/never-reset-offsets.test.ts holds it. */
const ConsumerGroup: { prototype: Prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup');
const listeners = new Map<string, (topic: string, partition: number) => void>();
let used = false;

/**
 * Where a broker says that a position of this group’s consumer is outside the log, `listener` is told, and kafkajs does nothing: by itself it writes one line to its
 * log and goes on at the beginning of whatever log is there now. The position is asked for again, so the listener must pause the partition. Stopped by what it
 * returns. Consumers of other groups go on as kafkajs has it.
 */
export function neverResetOffsets(groupId: string, listener: (topic: string, partition: number) => void): () => void {
  useOwnRecovery();
  listeners.set(groupId, listener);
  return () => listeners.delete(groupId);
}

function useOwnRecovery(): void {
  if (used) return;
  used = true;
  const theirs = ConsumerGroup.prototype.recoverFromOffsetOutOfRange;
  ConsumerGroup.prototype.recoverFromOffsetOutOfRange = async function own(
    this: Prototype & { groupId: string },
    error,
  ) {
    const listener = listeners.get(this.groupId);
    if (listener === undefined) return theirs.call(this, error);
    listener(error.topic, error.partition);
  };
}
