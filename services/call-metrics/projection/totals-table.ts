import type { UserCallMetrics } from '../../shared/call-events/avro-types.generated.ts';
import type { TargetRecord } from '../../shared/projection/records.ts';
import type { CountedEvent } from '../domain/counted-event.ts';
import { countLate, evolve } from '../domain/evolve.ts';
import { snapshot } from '../domain/totals.ts';
import type { PartitionView } from './committed-view.ts';
import { createKeysByDay } from './keys-by-day.ts';
import { createRowCache, type Row, type SubjectRows } from './row-cache.ts';

/** The totals of one task: the committed ones and what has changed since. */
export type TotalsTable = Readonly<{
  /** Counts an event in its subject's lifetime, and in its day unless that is closed: then it counts as late. */
  count: (event: CountedEvent, day: number, late: boolean) => void;
  /** Counts an event without a plausible time: only in its subject's lifetime. */
  countImplausible: (event: CountedEvent) => void;
  /** Whether there are rows of days before this one; null means that every day is open. */
  hasDayBefore: (firstOpenDay: number | null) => boolean;
  /** The newest record of each key that changed since the last call, and a tombstone for each day row before `firstOpenDay`. */
  takeChanges: (topic: string, firstOpenDay: number | null) => readonly TargetRecord[];
  /** If there are many totals in memory, drops those that can be read from the view again. */
  trim: () => void;
}>;

export function createTotalsTable(
  view: Pick<PartitionView, 'totals' | 'encoded' | 'keys'>,
  timeZone: string,
  encode: (record: UserCallMetrics) => Buffer,
): TotalsTable {
  const keysByDay = createKeysByDay(view.keys());
  const cache = createRowCache(view, keysByDay.add);
  const changed = new Set<Row>();

  const countIn = (rows: SubjectRows, event: CountedEvent, day: number | null): Row => {
    const row = cache.row(rows, event.subject, day);
    row.totals = evolve(row.totals, event);
    changed.add(row);
    return row;
  };
  const closeDaysBefore = (firstOpenDay: number, topic: string): TargetRecord[] =>
    keysByDay.takeBefore(firstOpenDay).flatMap(([day, keys]) => {
      for (const row of cache.dropDay(day)) changed.delete(row);
      return [...keys].map((key) => ({ topic, key, value: null }));
    });

  return {
    count: (event, day, late) => {
      const rows = cache.rowsOf(event.subject);
      const lifetime = countIn(rows, event, null);
      if (late) lifetime.totals = countLate(lifetime.totals);
      else countIn(rows, event, day);
    },
    countImplausible: (event) => {
      countIn(cache.rowsOf(event.subject), event, null);
    },
    hasDayBefore: (firstOpenDay) => firstOpenDay !== null && keysByDay.hasBefore(firstOpenDay),
    takeChanges: (topic, firstOpenDay) => {
      const records = firstOpenDay === null ? [] : closeDaysBefore(firstOpenDay, topic);
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
    trim: () =>
      cache.trim((row) => (row.encoded === null || row.encoded === view.encoded(row.key)) && !changed.has(row)),
  };
}
