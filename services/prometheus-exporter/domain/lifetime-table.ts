import type { UserCallMetrics } from '../../shared/call-events/avro-types.generated.ts';
import { type Admitted, createAdmission } from './admission.ts';
import { addTotals, type CallTotals, noTotals } from './call-totals.ts';
import { NO_USER, OTHER_USERS, userLabel } from './user-label.ts';

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
  /** Users beyond `maxUsers` are summed under `other`; see createAdmission. Always give the same `maxUsers`: with another one, it is decided anew. */
  expose: (maxUsers: number) => Exposition;
}>;

export function createLifetimeTable(): LifetimeTable {
  const rows = new Map<string, UserCallMetrics>();
  let admission = { maxUsers: 0, admit: createAdmission(0) };
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
      if (admission.maxUsers !== maxUsers) admission = { maxUsers, admit: createAdmission(maxUsers) };
      if (shown?.maxUsers !== maxUsers) shown = { maxUsers, exposition: expose([...rows.values()], admission.admit) };
      return shown.exposition;
    },
  };
}

function expose(rows: readonly UserCallMetrics[], admit: (users: readonly UserCallMetrics[]) => Admitted): Exposition {
  const { named, rest } = admit(rows.filter(({ subject }) => subject.type === 'user'));
  const byUser = new Map<string, CallTotals>([[NO_USER, sum(rows.filter(({ subject }) => subject.type !== 'user'))]]);
  for (const metrics of named) byUser.set(userLabel(metrics.subject.id), metrics);
  if (rest.length > 0) byUser.set(OTHER_USERS, sum(rest));
  return {
    byUser,
    all: sum(rows),
    usersInOther: rest.length,
    emails: new Map(
      named.flatMap(({ subject, userEmail }) =>
        userEmail === null ? [] : [[userLabel(subject.id), userEmail.string]],
      ),
    ),
    lastCallAtMs: newest(rows.map(({ lastCallAt }) => lastCallAt)),
    lastVoicemailAtMs: newest(rows.map(({ lastVoicemailAt }) => lastVoicemailAt)),
  };
}

const sum = (rows: readonly UserCallMetrics[]): CallTotals => rows.reduce<CallTotals>(addTotals, noTotals);

const newest = (times: readonly (null | { readonly long: number })[]): number | null =>
  times.reduce<number | null>(
    (latest, time) => (time === null || (latest !== null && latest >= time.long) ? latest : time.long),
    null,
  );
