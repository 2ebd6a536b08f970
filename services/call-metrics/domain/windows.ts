import type { Calendar } from './calendar.ts';

/**
 * The first day that is kept beside the lifetime: `keptDays` whole days before the one of the log time (Unix time in
 * milliseconds). Days before it are closed.
 */
export function firstOpenDay(calendar: Calendar, logTimeMs: number, keptDays: number): number {
  return calendar.dayOf(logTimeMs) - keptDays;
}

/** How far one input partition was read, as the closing of days needs it. */
export type InputTime = Readonly<{
  /** Largest log time of its records; null before the first was read. */
  logTimeMs: number | null;
  /** It holds records, though none was read yet. */
  unread: boolean;
}>;

/**
 * The first day that is open in the table: one that is closed for every input. An input that is empty closes nothing
 * and keeps nothing open; one whose records wait to be read keeps all open. Null: every day is open.
 */
export function firstOpenDayOfAll(calendar: Calendar, inputs: readonly InputTime[], keptDays: number): number | null {
  let first: number | null = null;
  for (const { logTimeMs, unread } of inputs) {
    if (logTimeMs === null) {
      if (unread) return null;
      continue;
    }
    const day = firstOpenDay(calendar, logTimeMs, keptDays);
    first = first === null ? day : Math.min(first, day);
  }
  return first;
}
