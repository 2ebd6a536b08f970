import type { UserCallMetrics } from '../../shared/call-events/avro-types.generated.ts';

/** Users by how they are exposed, each list in the order of their ranks. */
export type Admitted = Readonly<{
  /** With series of their own. */
  named: readonly UserCallMetrics[];
  /** Summed under `other`. */
  rest: readonly UserCallMetrics[];
}>;

/**
 * Decides who gets series of their own, at most `maxUsers`: at first those who come first by rank, later whoever appears while there is room. It is decided once:
 * as long as a user is there, it stays where it was exposed first. So no user moves to `other`, as one with a lower rank appears (a partition that was behind,
 * brokers whose clocks differ) or an earlier record of another user is read; and none moves out of `other`, which would make its counters fall.
 */
export function createAdmission(maxUsers: number): (users: readonly UserCallMetrics[]) => Admitted {
  const named = new Set<string>();
  const rest = new Set<string>();
  return (users) => {
    const present = new Set(users.map(uidOf));
    for (const decided of [named, rest]) {
      for (const uid of decided) if (!present.has(uid)) decided.delete(uid);
    }
    const ranked = [...users].sort(byRank);
    for (const uid of ranked.map(uidOf)) {
      if (named.has(uid) || rest.has(uid)) continue;
      (named.size < maxUsers ? named : rest).add(uid);
    }
    return {
      named: ranked.filter((user) => named.has(uidOf(user))),
      rest: ranked.filter((user) => rest.has(uidOf(user))),
    };
  };
}

const uidOf = ({ subject }: UserCallMetrics): string => subject.id;

/** By where in the log a subject first appeared; of two at one place, by id. */
function byRank(a: UserCallMetrics, b: UserCallMetrics): number {
  return (
    a.firstSeen.timestamp - b.firstSeen.timestamp ||
    a.firstSeen.partition - b.firstSeen.partition ||
    a.firstSeen.offset - b.firstSeen.offset ||
    (a.subject.id < b.subject.id ? -1 : 1)
  );
}
