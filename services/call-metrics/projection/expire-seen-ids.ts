import { eventKinds } from '../../shared/call-events/topics.ts';
import type { PartitionView } from './committed-view.ts';

/**
 * Drops the ids that are older than `dedupeMs` by the log time of their input. Returns the offset below which every
 * record of the partition's seen ids has expired; null if that has not changed since the last call.
 */
export function expireSeenIds({ seenLog, seenIds, state }: PartitionView, dedupeMs: number): number | null {
  const current = state();
  if (current === null) return null;
  const logTimes = new Map<string, number>();
  for (const { input, logTime } of current.inputs) if (logTime !== null) logTimes.set(input, logTime.long);
  const since = (input: string): number => (logTimes.get(input) ?? -Infinity) - dedupeMs;
  const expired = seenLog.takeExpired(current.generation, since);
  if (expired !== null) for (const kind of eventKinds) seenIds(current.generation, kind).dropBefore(since(kind));
  return expired;
}
