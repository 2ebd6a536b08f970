import type { UserCallMetrics } from '../shared/call-events/avro-types.generated.ts';
import { LIFETIME, tableKey } from '../shared/call-events/table-key.ts';
import type { TargetRecord } from '../shared/projection/records.ts';
import type { PartitionView } from './committed-view.ts';
import { dateOfDay, dayOfDate } from './domain/calendar.ts';
import type { CountedEvent, CountedSubject } from './domain/counted-event.ts';
import { countLate, evolve } from './domain/evolve.ts';
import { fromSnapshot, initialState, snapshot, type Totals, type Window } from './domain/totals.ts';

type Row = { readonly subject: CountedSubject; readonly window: Window; totals: Totals; encoded: string | null };

/** The totals of one task: what is committed, and what changed since. */
export type TotalsTable = Readonly<{
  /** Counts an event in its subject's lifetime and in its day; in the lifetime only, as late, where the day is closed. */
  count: (event: CountedEvent, day: number, late: boolean) => void;
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
  const rows = new Map<string, Row>();
  const changed = new Map<string, Row>();
  const keysByDay = indexByDay(view.keys());

  const rowOf = (key: string, subject: CountedSubject, window: Window): Row => {
    const known = rows.get(key);
    if (known !== undefined) return known;
    const committed = view.totals(key);
    const totals = committed === null ? initialState(window) : fromSnapshot(committed);
    const row: Row = { subject, window, totals, encoded: null };
    rows.set(key, row);
    return row;
  };

  return {
    count: (event, day, late) => {
      const { subject } = event;
      const lifetimeKey = tableKey(subject.type, subject.id, LIFETIME);
      const lifetime = rowOf(lifetimeKey, subject, { kind: 'lifetime' });
      lifetime.totals = evolve(lifetime.totals, event);
      changed.set(lifetimeKey, lifetime);
      if (late) {
        lifetime.totals = countLate(lifetime.totals);
        return;
      }
      const date = dateOfDay(day);
      const dayKey = tableKey(subject.type, subject.id, date);
      const row = rowOf(dayKey, subject, { kind: 'day', date });
      row.totals = evolve(row.totals, event);
      changed.set(dayKey, row);
      addTo(keysByDay, day, dayKey);
    },
    take: (topic, firstOpenDay) => {
      const records: TargetRecord[] = [];
      if (firstOpenDay !== null) {
        for (const [day, keys] of keysByDay) {
          if (day >= firstOpenDay) continue;
          keysByDay.delete(day);
          for (const key of keys) {
            rows.delete(key);
            changed.delete(key);
            records.push({ topic, key, value: null });
          }
        }
      }
      for (const [key, row] of changed) {
        const record = snapshot(row.totals, row.subject, row.window, timeZone);
        if (record === null) continue;
        const value = encode(record);
        row.encoded = value.toString('latin1');
        records.push({ topic, key, value });
      }
      changed.clear();
      return records;
    },
    trim: () => {
      if (rows.size <= KEPT_ROWS) return;
      for (const [key, row] of rows) {
        if (!changed.has(key) && (row.encoded === null || row.encoded === view.encoded(key))) rows.delete(key);
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
