import type { UserCallMetrics } from '../shared/call-events/avro-types.generated.ts';
import { LIFETIME, tableKey } from '../shared/call-events/table-key.ts';
import type { CommittedView } from './committed-view.ts';
import { answerOf, lastEventMs, type Metrics } from './domain/answer.ts';
import { type Calendar, dateOfDay } from './domain/calendar.ts';
import { indexOfPlace, type PagePlace, placeAfter, placeText } from './page-place.ts';

/** The most days of one answer. */
export const MOST_DAYS = 400;

/** Whose metrics are asked for. */
export type AskedSubject =
  | Readonly<{ type: 'user'; uid: string }>
  | Readonly<{ type: 'number'; phoneNumberE164: string }>;

/** Days as numbers since 1970-01-01, both inclusive. */
export type DayRange = Readonly<{ from: number; to: number }>;

export type CallMetricsAnswer = Readonly<{
  subject: AskedSubject;
  timeZone: string;
  lifetime: Metrics;
  /** The days asked for that have events, oldest first. */
  days: readonly (Readonly<{ date: string }> & Metrics)[];
}>;

export type UsersPage = Readonly<{
  users: readonly Readonly<{ uid: string; lastEventAt: string | null }>[];
  /** To give as `after` for the next page: its place, not a uid, which may be long; null on the last. */
  next: string | null;
}>;

/** Answers from the committed table of all partitions, so that any replica answers for any subject. */
export type Queries = Readonly<{
  /**
   * Null for a subject without events. Without a range: the newest days, MOST_DAYS back from that of the last event.
   */
  callMetrics: (subject: AskedSubject, days: DayRange | null) => CallMetricsAnswer | null;
  /** Users by uid, in the order of UTF-16 code units. */
  users: (limit: number, after: PagePlace | null) => UsersPage;
}>;

type Options = Readonly<{
  view: CommittedView;
  partitions: number;
  partitionOf: (key: string) => number;
  calendar: Calendar;
}>;

export function createQueries({ view, partitions, partitionOf, calendar }: Options): Queries {
  const sortedUids = createUidIndex(view, partitions);
  const totalsOf = (subject: AskedSubject, window: string): UserCallMetrics | null => {
    const id = subject.type === 'user' ? subject.uid : subject.phoneNumberE164;
    return view.partition(partitionOf(id)).totals(tableKey(subject.type, id, window));
  };

  return {
    callMetrics: (subject, range) => {
      const lifetime = totalsOf(subject, LIFETIME);
      if (lifetime === null) return null;
      const days = datesIn(range ?? newestDays(lifetime, calendar)).flatMap((date) => {
        const totals = totalsOf(subject, date);
        return totals === null ? [] : [{ date, ...answerOf(totals) }];
      });
      return { subject, timeZone: calendar.timeZone, lifetime: answerOf(lifetime), days };
    },
    users: (limit, after) => {
      const uids = sortedUids();
      const start = after === null ? 0 : indexOfPlace(uids, after);
      const end = start + limit;
      const users = uids.slice(start, end).map((uid) => {
        const totals = totalsOf({ type: 'user', uid }, LIFETIME);
        return { uid, lastEventAt: totals === null ? null : answerOf(totals).lastEventAt };
      });
      return { users, next: end < uids.length ? placeText(placeAfter(uids, end)) : null };
    },
  };
}

function newestDays(totals: UserCallMetrics, calendar: Calendar): DayRange {
  const to = calendar.dayOf(lastEventMs(totals) ?? 0);
  return { from: to - MOST_DAYS + 1, to };
}

const datesIn = ({ from, to }: DayRange): string[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => dateOfDay(from + index));

/** All uids in order, sorted again only after a key came or went. */
function createUidIndex(view: CommittedView, partitions: number): () => readonly string[] {
  const prefix = 'user/';
  const suffix = `/${LIFETIME}`;
  let version = -1;
  let uids: readonly string[] = [];
  return () => {
    const views = Array.from({ length: partitions }, (_, partition) => view.partition(partition));
    const current = views.reduce((sum, { keysVersion }) => sum + keysVersion(), 0);
    if (current === version) return uids;
    const found: string[] = [];
    for (const { keys } of views) {
      for (const key of keys()) {
        if (key.startsWith(prefix) && key.endsWith(suffix)) found.push(key.slice(prefix.length, -suffix.length));
      }
    }
    version = current;
    uids = found.sort();
    return uids;
  };
}
