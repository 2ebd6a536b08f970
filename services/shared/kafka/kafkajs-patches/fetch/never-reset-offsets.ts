import { createRequire } from 'node:module';

type OutOfRange = Readonly<{ topic: string; partition: number }>;
type Prototype = { recoverFromOffsetOutOfRange: (error: OutOfRange) => Promise<void> };

/** The part of kafkajs 2.2.4 that this relies on. Its version is pinned, and test/unit/shared/kafka/never-reset-offsets.test.ts checks it. */
const ConsumerGroup: { prototype: Prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup');
const listeners = new Map<string, (topic: string, partition: number) => void>();
let used = false;

/**
 * Calls `listener` when a broker reports that a position of this group is outside the log. kafkajs itself would log one line and continue at the
 * start of whatever log is there now (shared/kafka/README.md, rule 18). It requests the position again, so the listener must pause the partition.
 * Returns how to stop listening. Other groups are not affected.
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
