import { createHash, hash } from 'node:crypto';
import type { DirectionTotals, UserCallMetrics } from '../../shared/call-events/avro-types.generated.ts';
import { LIFETIME } from '../../shared/call-events/table-key.ts';
import type { PartitionView } from '../projection/committed-view.ts';

/** How the totals of a partition differ between two generations. */
export type Comparison = Readonly<{
  keys: number;
  /** Keys whose totals differ, or that only one generation has. */
  changed: number;
  /** Lifetimes in which any counter becomes smaller: the exporter's counters would fall. */
  smaller: number;
  /** SHA-256 over all keys and values, sorted by key. */
  hashBefore: string;
  hashAfter: string;
}>;

/**
 * Compares the committed totals with those that the rebuild has folded up to the same positions. The keys in `except`
 * count as unchanged. Decodes one row of each side at a time.
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
    const rebuilt = after.squeezed(key);
    // Two encodings of the same totals are the same to every reader.
    const old = isChanged ? before.squeezed(key) : rebuilt;
    if (old !== null) hashBefore.update(`${key}\t${old}\n`, 'utf8');
    if (rebuilt !== null) hashAfter.update(`${key}\t${rebuilt}\n`, 'utf8');
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

/** One hash over several, in their order. */
export const hashOfAll = (hashes: readonly string[]): string => hash('sha256', hashes.join('\n'));

/** Whether the key is a lifetime in which any counter becomes smaller. */
export function becomesSmaller(before: PartitionView, after: PartitionView, key: string): boolean {
  if (!key.endsWith(`/${LIFETIME}`) || before.squeezed(key) === after.squeezed(key)) return false;
  const [old, rebuilt] = [before.totals(key), after.totals(key)];
  return old !== null && (rebuilt === null || isSmaller(old, rebuilt));
}

function differs(before: PartitionView, after: PartitionView, key: string): boolean {
  if (before.squeezed(key) === after.squeezed(key)) return false;
  return JSON.stringify(before.totals(key)) !== JSON.stringify(after.totals(key));
}

function isSmaller(old: UserCallMetrics, rebuilt: UserCallMetrics): boolean {
  const before = countersOf(old);
  const after = countersOf(rebuilt);
  return before.some((count, index) => (after[index] ?? 0) < count);
}

/** Everything that the exporter exposes as a counter. */
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
