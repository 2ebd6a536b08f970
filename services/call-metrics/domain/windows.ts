import type { Calendar } from './calendar.ts';

/**
 * The first open day: `keptDays` whole days before the day of the log time (Unix milliseconds). Earlier days are closed:
 * late events count only in the lifetime.
 */
export function firstOpenDay(calendar: Calendar, logTimeMs: number, keptDays: number): number {
  return calendar.dayOf(logTimeMs) - keptDays;
}

/**
 * The first day that is open for any input: rows of earlier days can be removed. `timesMs` are the log times of the
 * inputs, null where unknown: such an input may still have records of any day. Returns null if every day is open.
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
