import { answerBoundsMs, talkBoundsMs } from '../shared/call-events/histogram-bounds.ts';

/** What the totals depend on beside the events. */
export type ProjectionRules = Readonly<{
  partitions: number;
  /** IANA name of the zone in which days begin and end. */
  timeZone: string;
  /** How long ids are remembered, in days of log time. */
  dedupeDays: number;
  /** How many days are kept beside the lifetime, by log time. */
  keptDays: number;
}>;

/**
 * Raised when another key, subject or definition makes other totals of the same events. Where only events that cannot be
 * are counted otherwise, the new rule applies from then on instead, and a rebuild applies it to all.
 */
const DEFINITION = 1;

/** The rules as one readable line: totals made under another line must be made again. */
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

/** The number of partitions in a fingerprint; null where it names none. */
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
