import type { Readiness } from '../../shared/http/admin-app.ts';
import type { SlotStatus } from '../../shared/kafka/projection/task-slot.ts';

/** How long a partition may take to be fenced and restored before the replica counts as not ready. */
export const STUCK_AFTER_MS = 30_000;

export type ReadinessFacts = Readonly<{
  /** The committed table has been read to the end that it had at the start. */
  caughtUp: boolean;
  joined: boolean;
  tasks: readonly SlotStatus[];
  /** Since the start, all tasks have been running at the same time at least once. */
  haveAllRun: boolean;
  /** Partitions whose records have waited for a commit for too long. */
  stalled: readonly number[];
  /** Problems with the topics, one sentence each. */
  topicProblems?: readonly string[];
  nowMs: number;
}>;

/** Ready means that queries are answered and every partition of this replica makes progress. A standby has no partitions. */
export function readinessOf({
  caughtUp,
  joined,
  tasks,
  haveAllRun,
  stalled,
  topicProblems = [],
  nowMs,
}: ReadinessFacts): Readiness {
  const reasons: string[] = [];
  if (!caughtUp) reasons.push('the totals are being read from Kafka');
  if (!joined) reasons.push('the group is not joined yet');
  for (const { partition, phase, sinceMs, problem } of tasks) {
    if (phase === 'running' || (haveAllRun && phase !== 'stopped' && nowMs - sinceMs < STUCK_AFTER_MS)) continue;
    reasons.push(`partition ${partition} is ${phase}${problem === null ? '' : `: ${problem}`}`);
  }
  for (const partition of stalled) {
    const problem = tasks.find((task) => task.partition === partition && task.phase === 'running')?.problem ?? null;
    reasons.push(
      `partition ${partition} has not committed for ${STUCK_AFTER_MS / 1000} s${problem === null ? '' : `: ${problem}`}`,
    );
  }
  reasons.push(...topicProblems);
  return reasons.length === 0 ? { ready: true } : { ready: false, reasons };
}

type Sources = Readonly<{
  caughtUp: () => boolean;
  joined: () => boolean;
  tasks: () => readonly SlotStatus[];
  stalled: () => readonly number[];
  topicProblems: () => readonly string[];
  /** The monotonic clock of the tasks, in milliseconds. */
  now: () => number;
}>;

/** Answers whether this replica is ready, from what its parts report at that moment. */
export function createReadiness({ caughtUp, joined, tasks, stalled, topicProblems, now }: Sources): () => Readiness {
  let haveAllRun = false;
  return () => {
    const found = tasks();
    const isJoined = joined();
    haveAllRun ||= isJoined && found.every(({ phase }) => phase === 'running');
    return readinessOf({
      caughtUp: caughtUp(),
      joined: isJoined,
      tasks: found,
      haveAllRun,
      stalled: stalled(),
      topicProblems: topicProblems(),
      nowMs: now(),
    });
  };
}
