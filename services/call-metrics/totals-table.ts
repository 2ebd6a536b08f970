import type { UserCallMetrics } from '../shared/call-events/avro-types.generated.ts';
import { LIFETIME, tableKey } from '../shared/call-events/table-key.ts';
import type { TargetRecord } from '../shared/projection/records.ts';
import type { PartitionView } from './committed-view.ts';
import { dateOfDay, dayOfDate } from './domain/calendar.ts';
import type { CountedEvent, CountedSubject } from './domain/counted-event.ts';
import { countLate, evolve } from './domain/evolve.ts';
import { fromSnapshot, initialState, snapshot, type Totals, type Window } from './domain/totals.ts';

type Row = {
  readonly key: string;
  readonly subject: CountedSubject;
  readonly window: Window;
  totals: Totals;
  encoded: string | null;
};

/** A subject's rows by day; that of its lifetime under null. */
type Rows = Map<number | null, Row>;

/** The totals of one task: what is committed, and what changed since. */
export type TotalsTable = Readonly<{
  /** Counts an event in its subject's lifetime and in its day; in the lifetime only, as late, where the day is closed. */
  count: (event: CountedEvent, day: number, late: boolean) => void;
  /** Counts an event whose time nobody knows: in its subject's lifetime only. */
  countImplausible: (event: CountedEvent) => void;
  /** Whether a day before this one is to be ended; null: every day is open. */
  hasDayBefore: (firstOpenDay: number | null) => boolean;
  /** The newest record of each key that changed since the last call, and the end of each day before `firstOpenDay`. */
  take: (topic: string, firstOpenDay: number | null) => readonly TargetRecord[];
  /** Lets go of totals that can be read from the view again, if there are many. */
  trim: () => void;
}>;

/** More are kept only until they are committed and read back. */
const KEPT_ROWS = 20_000;

export function createTotalsTable(
  view: Pick<PartitionView, 'totals' | 'encoded' | 'keys'>,
  timeZone: string,
  encode: (record: UserCallMetrics) => Buffer,
): TotalsTable {
  const bySubject = new Map<string, Rows>();
  const changed = new Set<Row>();
  const keysByDay = indexByDay(view.keys());
  let kept = 0;

  const rowsOf = ({ type, id }: CountedSubject): Rows => {
    const name = `${type}/${id}`;
    const known = bySubject.get(name);
    if (known !== undefined) return known;
    const rows: Rows = new Map();
    bySubject.set(name, rows);
    return rows;
  };
  const rowOf = (rows: Rows, subject: CountedSubject, day: number | null): Row => {
    const known = rows.get(day);
    if (known !== undefined) return known;
    const window: Window = day === null ? { kind: 'lifetime' } : { kind: 'day', date: dateOfDay(day) };
    const key = tableKey(subject.type, subject.id, window.kind === 'day' ? window.date : LIFETIME);
    const committed = view.totals(key);
    const totals = committed === null ? initialState(window) : fromSnapshot(committed);
    const row: Row = { key, subject, window, totals, encoded: null };
    rows.set(day, row);
    kept += 1;
    if (day !== null) addTo(keysByDay, day, key);
    return row;
  };
  const forget = (rows: Rows, day: number | null): void => {
    const row = rows.get(day);
    if (row === undefined) return;
    rows.delete(day);
    changed.delete(row);
    kept -= 1;
  };

  const countIn = (rows: Rows, event: CountedEvent, day: number | null): Row => {
    const row = rowOf(rows, event.subject, day);
    row.totals = evolve(row.totals, event);
    changed.add(row);
    return row;
  };

  return {
    count: (event, day, late) => {
      const rows = rowsOf(event.subject);
      const lifetime = countIn(rows, event, null);
      if (late) lifetime.totals = countLate(lifetime.totals);
      else countIn(rows, event, day);
    },
    countImplausible: (event) => {
      countIn(rowsOf(event.subject), event, null);
    },
    hasDayBefore: (firstOpenDay) => firstOpenDay !== null && [...keysByDay.keys()].some((day) => day < firstOpenDay),
    take: (topic, firstOpenDay) => {
      const records: TargetRecord[] = [];
      if (firstOpenDay !== null) {
        for (const [day, keys] of keysByDay) {
          if (day >= firstOpenDay) continue;
          keysByDay.delete(day);
          for (const rows of bySubject.values()) forget(rows, day);
          for (const key of keys) records.push({ topic, key, value: null });
        }
      }
      for (const row of changed) {
        const record = snapshot(row.totals, row.subject, row.window, timeZone);
        if (record === null) continue;
        const value = encode(record);
        row.encoded = value.toString('latin1');
        records.push({ topic, key: row.key, value });
      }
      changed.clear();
      return records;
    },
    trim: () => {
      if (kept <= KEPT_ROWS) return;
      for (const [name, rows] of bySubject) {
        for (const [day, row] of rows) {
          const isCommitted = row.encoded === null || row.encoded === view.encoded(row.key);
          if (isCommitted && !changed.has(row)) forget(rows, day);
        }
        if (rows.size === 0) bySubject.delete(name);
      }
    },
  };
}

function indexByDay(keys: Iterable<string>): Map<number, Set<string>> {
  const index = new Map<number, Set<string>>();
  for (const key of keys) {
    const window = key.slice(key.lastIndexOf('/') + 1);
    const day = window === LIFETIME ? null : dayOfDate(window);
    if (day !== null) addTo(index, day, key);
  }
  return index;
}

function addTo(index: Map<number, Set<string>>, day: number, key: string): void {
  const keys = index.get(day);
  if (keys === undefined) index.set(day, new Set([key]));
  else keys.add(key);
}
