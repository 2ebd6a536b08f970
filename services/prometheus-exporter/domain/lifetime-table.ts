import type { UserCallMetrics } from '../../shared/call-events/avro-types.generated.ts';
import { addTotals, type CallTotals, noTotals } from './call-totals.ts';

/** `user_uid` of events without a user, and of users over the cap. */
export const NO_USER = 'none';
export const OTHER_USERS = 'other';

/** What is exposed at one moment. */
export type Exposition = Readonly<{
  /** Totals by `user_uid`: each admitted user, `none`, and `other` where users are over the cap. */
  byUser: ReadonlyMap<string, CallTotals>;
  /** Over all subjects. */
  all: CallTotals;
  /** Users that share `other`. */
  usersInOther: number;
  /** E-mail addresses of the admitted users, where the newest event told one. */
  emails: ReadonlyMap<string, string>;
  /** Time of the newest event by its own time, Unix milliseconds; null before the first. */
  lastCallAtMs: number | null;
  lastVoicemailAtMs: number | null;
}>;

/** The lifetimes of `user-call-metrics`, by key: the newest record of a key wins, a tombstone removes it. */
export type LifetimeTable = Readonly<{
  set: (key: string, metrics: UserCallMetrics) => void;
  delete: (key: string) => void;
  /** Subjects with totals. */
  size: () => number;
  /** Users beyond `maxUsers` by rank are summed under `other`: every replica admits the same ones. */
  expose: (maxUsers: number) => Exposition;
}>;

export function createLifetimeTable(): LifetimeTable {
  const rows = new Map<string, UserCallMetrics>();
  let shown: Readonly<{ maxUsers: number; exposition: Exposition }> | null = null;
  return {
    set: (key, metrics) => {
      if (metrics.date !== null) return;
      rows.set(key, metrics);
      shown = null;
    },
    delete: (key) => {
      if (rows.delete(key)) shown = null;
    },
    size: () => rows.size,
    expose: (maxUsers) => {
      if (shown?.maxUsers !== maxUsers) shown = { maxUsers, exposition: expose([...rows.values()], maxUsers) };
      return shown.exposition;
    },
  };
}

function expose(rows: readonly UserCallMetrics[], maxUsers: number): Exposition {
  const users = rows.filter(({ subject }) => subject.type === 'user').sort(byRank);
  const admitted = users.slice(0, maxUsers);
  const rest = users.slice(maxUsers);
  const byUser = new Map<string, CallTotals>([[NO_USER, sum(rows.filter(({ subject }) => subject.type !== 'user'))]]);
  for (const metrics of admitted) byUser.set(labelOf(metrics.subject.id), metrics);
  if (rest.length > 0) byUser.set(OTHER_USERS, sum(rest));
  return {
    byUser,
    all: sum(rows),
    usersInOther: rest.length,
    emails: new Map(
      admitted.flatMap(({ subject, userEmail }) =>
        userEmail === null ? [] : [[labelOf(subject.id), userEmail.string]],
      ),
    ),
    lastCallAtMs: newest(rows.map(({ lastCallAt }) => lastCallAt)),
    lastVoicemailAtMs: newest(rows.map(({ lastVoicemailAt }) => lastVoicemailAt)),
  };
}

/** A uid that is called like one of our own labels is set apart, so that it cannot be mistaken for it. */
const labelOf = (uid: string): string => (uid === NO_USER || uid === OTHER_USERS ? `uid:${uid}` : uid);

const sum = (rows: readonly UserCallMetrics[]): CallTotals => rows.reduce<CallTotals>(addTotals, noTotals);

const newest = (times: readonly (null | { readonly long: number })[]): number | null =>
  times.reduce<number | null>(
    (latest, time) => (time === null || (latest !== null && latest >= time.long) ? latest : time.long),
    null,
  );

/** By where in the log a subject first appeared; of two at one place, by id. */
function byRank(a: UserCallMetrics, b: UserCallMetrics): number {
  return (
    a.firstSeen.timestamp - b.firstSeen.timestamp ||
    a.firstSeen.partition - b.firstSeen.partition ||
    a.firstSeen.offset - b.firstSeen.offset ||
    (a.subject.id < b.subject.id ? -1 : 1)
  );
}
