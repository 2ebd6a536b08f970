import type { Calendar } from './calendar.ts';

/**
 * The first day that is kept beside the lifetime: `keptDays` whole days before the one of the log time (Unix time in
 * milliseconds). Days before it are closed.
 */
export function firstOpenDay(calendar: Calendar, logTimeMs: number, keptDays: number): number {
  return calendar.dayOf(logTimeMs) - keptDays;
}

/**
 * The first day that is open in the table: one that is closed for every input. `timesMs` are the inputs' log times, null
 * where an input's is not known: its records may be of any day. Null: every day is open.
 */
export function firstOpenDayOfAll(
  calendar: Calendar,
  timesMs: readonly (number | null)[],
  keptDays: number,
): number | null {
  let first: number | null = null;
  for (const timeMs of timesMs) {
    if (timeMs === null) return null;
    const day = firstOpenDay(calendar, timeMs, keptDays);
    first = first === null ? day : Math.min(first, day);
  }
  return first;
}
