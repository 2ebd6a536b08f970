import { answerBoundsMs, talkBoundsMs } from '../../shared/call-events/histogram-bounds.ts';

/** The settings that totals depend on. */
export type ProjectionRules = Readonly<{
  partitions: number;
  /** IANA name of the time zone in which days start and end. */
  timeZone: string;
  /** How long ids are remembered, in days of log time. */
  dedupeDays: number;
  /** How many days are kept, by log time; lifetimes are kept forever. */
  keptDays: number;
}>;

/**
 * Incremented when the same events give other totals, because a key, subject or definition changed. A change that affects
 * only impossible events does not increment it: it applies to new events, and to all of them after a rebuild.
 */
const DEFINITION = 1;

/** The rules as one readable line: totals computed under another line have to be rebuilt. */
export function fingerprintOf(rules: ProjectionRules): string {
  const named = {
    definition: DEFINITION,
    partitions: rules.partitions,
    timeZone: rules.timeZone,
    dedupeDays: rules.dedupeDays,
    keptDays: rules.keptDays,
    answerBoundsMs: answerBoundsMs.join(','),
    talkBoundsMs: talkBoundsMs.join(','),
  };
  return Object.entries(named)
    .map(([name, value]) => `${name}=${value}`)
    .join(';');
}

/** The number of partitions in a fingerprint; null if it has none. */
export function partitionsOf(fingerprint: string): number | null {
  const [, number] = /(?:^|;)partitions=(\d+)/.exec(fingerprint) ?? [];
  return number === undefined ? null : Number(number);
}

/** What differs between two fingerprints, in words. */
export function fingerprintDifferences(committed: string, configured: string): string {
  const now = new Set(configured.split(';'));
  const before = committed.split(';').filter((part) => !now.has(part));
  const names = before.map((part) => {
    const name = part.slice(0, part.indexOf('='));
    const current = configured.split(';').find((other) => other.startsWith(`${name}=`)) ?? `${name} is unset`;
    return `${part} (now ${current.slice(name.length + 1)})`;
  });
  return names.length > 0 ? names.join(', ') : configured;
}
