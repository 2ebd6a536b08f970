import { hash } from 'node:crypto';
import type { DirectionTotals, UserCallMetrics } from '../../shared/call-events/avro-types.generated.ts';
import { LIFETIME } from '../../shared/call-events/table-key.ts';
import type { PartitionView } from '../committed-view.ts';

/** How the totals of a partition differ between two generations. */
export type Comparison = Readonly<{
  keys: number;
  /** Keys whose record is another, or is in one of both only. */
  changed: number;
  /** Lifetimes of which some counter becomes smaller: the exporter's counters would fall. */
  smaller: number;
  /** Of all keys and values before and after, in the order of the keys. */
  hashBefore: string;
  hashAfter: string;
}>;

/** Compares what is committed with what the rebuild has folded up to the same positions. */
export function compareTables(before: PartitionView, after: PartitionView): Comparison {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  let changed = 0;
  let smaller = 0;
  for (const key of keys) {
    const [old, made] = [before.totals(key), after.totals(key)];
    if (JSON.stringify(old) === JSON.stringify(made)) continue;
    changed += 1;
    if (key.endsWith(`/${LIFETIME}`) && old !== null && (made === null || isSmaller(old, made))) smaller += 1;
  }
  return { keys: keys.length, changed, smaller, hashBefore: hashOf(before), hashAfter: hashOf(after) };
}

/** One hash of several, in their order. */
export const hashOfAll = (hashes: readonly string[]): string => hash('sha256', hashes.join('\n'));

function hashOf(view: PartitionView): string {
  const lines = [...view.keys()].sort().map((key) => `${key}\t${JSON.stringify(view.totals(key))}`);
  return hashOfAll(lines);
}

function isSmaller(old: UserCallMetrics, made: UserCallMetrics): boolean {
  const before = countersOf(old);
  const after = countersOf(made);
  return before.some((count, index) => (after[index] ?? 0) < count);
}

/** Everything the exporter counts. */
function countersOf(totals: UserCallMetrics): readonly number[] {
  const { inbound, outbound, otherDirection, conferenceCalls, voicemails, voicemailMs } = totals;
  const { voicemailsTranscribed, lateEvents } = totals;
  const ofDirection = (direction: DirectionTotals): readonly number[] => [
    direction.answered,
    direction.missed,
    direction.other,
    direction.answerMs,
    direction.talkMs,
    direction.clockSkewed,
    ...direction.answerHistogram,
    ...direction.talkHistogram,
  ];
  return [
    ...[inbound, outbound, otherDirection].flatMap(ofDirection),
    conferenceCalls,
    voicemails,
    voicemailMs,
    voicemailsTranscribed,
    lateEvents,
  ];
}
