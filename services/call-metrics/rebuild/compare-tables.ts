import { createHash, hash } from 'node:crypto';
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

/**
 * Compares what is committed with what the rebuild has folded up to the same positions, but for the keys `except`, which count as unchanged. Decodes one row of
 * each at a time.
 */
export function compareTables(
  before: PartitionView,
  after: PartitionView,
  except: ReadonlySet<string> = new Set(),
): Comparison {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  const [hashBefore, hashAfter] = [createHash('sha256'), createHash('sha256')];
  let changed = 0;
  let smaller = 0;
  for (const key of keys) {
    const isChanged = !except.has(key) && differs(before, after, key);
    const made = after.kept(key);
    // Two encodings of the same totals are one to whoever reads them.
    const old = isChanged ? before.kept(key) : made;
    if (old !== null) hashBefore.update(`${key}\t${old}\n`, 'utf8');
    if (made !== null) hashAfter.update(`${key}\t${made}\n`, 'utf8');
    if (!isChanged) continue;
    changed += 1;
    if (becomesSmaller(before, after, key)) smaller += 1;
  }
  return {
    keys: keys.length,
    changed,
    smaller,
    hashBefore: hashBefore.digest('hex'),
    hashAfter: hashAfter.digest('hex'),
  };
}

/** One hash of several, in their order. */
export const hashOfAll = (hashes: readonly string[]): string => hash('sha256', hashes.join('\n'));

/** Whether the key is a lifetime of which some counter is smaller after. */
export function becomesSmaller(before: PartitionView, after: PartitionView, key: string): boolean {
  if (!key.endsWith(`/${LIFETIME}`) || before.kept(key) === after.kept(key)) return false;
  const [old, made] = [before.totals(key), after.totals(key)];
  return old !== null && (made === null || isSmaller(old, made));
}

function differs(before: PartitionView, after: PartitionView, key: string): boolean {
  if (before.kept(key) === after.kept(key)) return false;
  return JSON.stringify(before.totals(key)) !== JSON.stringify(after.totals(key));
}

function isSmaller(old: UserCallMetrics, made: UserCallMetrics): boolean {
  const before = countersOf(old);
  const after = countersOf(made);
  return before.some((count, index) => (after[index] ?? 0) < count);
}

/** Everything the exporter counts. */
function countersOf(totals: UserCallMetrics): readonly number[] {
  const { inbound, outbound, otherDirection, conferenceCalls, voicemails, voicemailMs } = totals;
  const { voicemailsTranscribed, implausibleVoicemails, lateEvents } = totals;
  const ofDirection = (direction: DirectionTotals): readonly number[] => [
    direction.answered,
    direction.missed,
    direction.other,
    direction.answerMs,
    direction.talkMs,
    direction.clockSkewed,
    direction.implausibleAnswered,
    direction.implausibleMissed,
    direction.implausibleOther,
    ...direction.answerHistogram,
    ...direction.talkHistogram,
  ];
  return [
    ...[inbound, outbound, otherDirection].flatMap(ofDirection),
    conferenceCalls,
    voicemails,
    voicemailMs,
    voicemailsTranscribed,
    implausibleVoicemails,
    lateEvents,
  ];
}
