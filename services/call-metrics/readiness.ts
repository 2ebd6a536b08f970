import type { Readiness } from '../shared/http/admin-app.ts';
import type { SlotStatus } from '../shared/kafka/projection/task-slot.ts';

/** A partition may take this long to be fenced and restored before the replica counts as not ready. */
export const STUCK_AFTER_MS = 30_000;

export type ReadinessFacts = Readonly<{
  /** The committed table was read to the end that stood at the start. */
  caughtUp: boolean;
  joined: boolean;
  tasks: readonly SlotStatus[];
  /** Every task has run once since the start. */
  began: boolean;
  /** Partitions with records that waited for a commit too long. */
  stalled: readonly number[];
  /** What is wrong with the topics, each as a sentence. */
  surroundings?: readonly string[];
  nowMs: number;
}>;

/** Ready: queries are answered, and every partition this replica has goes on. A replica without partitions is a standby. */
export function readinessOf({
  caughtUp,
  joined,
  tasks,
  began,
  stalled,
  surroundings = [],
  nowMs,
}: ReadinessFacts): Readiness {
  const reasons: string[] = [];
  if (!caughtUp) reasons.push('the totals are being read from Kafka');
  if (!joined) reasons.push('the group is not joined yet');
  for (const { partition, phase, sinceMs, problem } of tasks) {
    if (phase === 'running' || (began && phase !== 'stopped' && nowMs - sinceMs < STUCK_AFTER_MS)) continue;
    reasons.push(`partition ${partition} is ${phase}${problem === null ? '' : `: ${problem}`}`);
  }
  for (const partition of stalled) {
    const problem = tasks.find((task) => task.partition === partition && task.phase === 'running')?.problem ?? null;
    reasons.push(
      `partition ${partition} has not committed for ${STUCK_AFTER_MS / 1000} s${problem === null ? '' : `: ${problem}`}`,
    );
  }
  reasons.push(...surroundings);
  return reasons.length === 0 ? { ready: true } : { ready: false, reasons };
}
