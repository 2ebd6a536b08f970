import { LIFETIME, tableKey } from '../../shared/call-events/table-key.ts';
import { dateOfDay } from '../domain/calendar.ts';
import type { CountedSubject } from '../domain/counted-event.ts';
import { fromSnapshot, initialState, type Totals, type Window } from '../domain/totals.ts';
import type { PartitionView } from './committed-view.ts';

/** The totals of one window of a subject. */
export type Row = {
  readonly key: string;
  readonly subject: CountedSubject;
  readonly window: Window;
  totals: Totals;
  /** The value last written to the table, one character per byte; null if the row was not written by this task. */
  encoded: string | null;
};

/** A subject's rows by day; its lifetime is under null. */
export type SubjectRows = Map<number | null, Row>;

/** Rows of the table that a task has in memory. */
export type RowCache = Readonly<{
  rowsOf: (subject: CountedSubject) => SubjectRows;
  /** The subject's row of this day, or of its lifetime (null): the one in memory, or else the committed one, or else an empty one. */
  row: (rows: SubjectRows, subject: CountedSubject, day: number | null) => Row;
  /** Drops all rows of a day and returns them. */
  dropDay: (day: number) => readonly Row[];
  /** If there are many rows, drops those that may be dropped. */
  trim: (mayDrop: (row: Row) => boolean) => void;
}>;

/** More rows are only kept until they are committed and read back. */
const MAX_ROWS = 20_000;

/** `onDayRow` is called with the key of each day row that is put into the cache. */
export function createRowCache(
  view: Pick<PartitionView, 'totals'>,
  onDayRow: (day: number, key: string) => void,
): RowCache {
  const bySubject = new Map<string, SubjectRows>();
  let size = 0;

  const drop = (rows: SubjectRows, day: number | null): void => {
    if (rows.delete(day)) size -= 1;
  };

  return {
    rowsOf: ({ type, id }) => {
      const name = `${type}/${id}`;
      const known = bySubject.get(name);
      if (known !== undefined) return known;
      const rows: SubjectRows = new Map();
      bySubject.set(name, rows);
      return rows;
    },
    row: (rows, subject, day) => {
      const known = rows.get(day);
      if (known !== undefined) return known;
      const window: Window = day === null ? { kind: 'lifetime' } : { kind: 'day', date: dateOfDay(day) };
      const key = tableKey(subject.type, subject.id, window.kind === 'day' ? window.date : LIFETIME);
      const committed = view.totals(key);
      const totals = committed === null ? initialState(window) : fromSnapshot(committed);
      const row: Row = { key, subject, window, totals, encoded: null };
      rows.set(day, row);
      size += 1;
      if (day !== null) onDayRow(day, key);
      return row;
    },
    dropDay: (day) => {
      const dropped: Row[] = [];
      for (const rows of bySubject.values()) {
        const row = rows.get(day);
        if (row === undefined) continue;
        drop(rows, day);
        dropped.push(row);
      }
      return dropped;
    },
    trim: (mayDrop) => {
      if (size <= MAX_ROWS) return;
      for (const [name, rows] of bySubject) {
        for (const [day, row] of rows) if (mayDrop(row)) drop(rows, day);
        if (rows.size === 0) bySubject.delete(name);
      }
    },
  };
}
