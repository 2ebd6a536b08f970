const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How far a record may advance the clock without confirmation. */
const MAX_STEP_MS = DAY_MS;
/** An event's own time confirms the time of its record if they differ by no more than this. */
const CONFIRMS_WITHIN_MS = 2 * DAY_MS;
/** Without confirmation, the log must stay ahead of the clock for this long. */
const HOLD_MS = DAY_MS;
/** How far the clock of an idle input stays behind the others: it must exceed the difference between brokers' clocks. */
export const IDLE_LAG_MS = HOUR_MS;

/**
 * The trusted time of one input partition's log, which horizons are measured by. It never goes back. It depends only on
 * the records and their order, so that a restart and a rebuild arrive at the same. All times are Unix milliseconds.
 */
export type LogClock = Readonly<{
  /** Null until there was a record whose time is trusted. */
  timeMs: number | null;
  /** The earliest time of the records that are ahead of the clock and not trusted; null if the last record was trusted. */
  aheadSinceMs: number | null;
}>;

export const UNSET_CLOCK: LogClock = { timeMs: null, aheadSinceMs: null };

/**
 * The clock after a record. One broker's wrong clock must not close days and forget ids. A record more than a day ahead
 * therefore moves the clock only if the event's own time is within 48 h of the record's, or if the log has stayed ahead
 * for a day: the clock then moves to the start of that day. `recordMs` is null for a record without a time, `eventMs` if
 * the event's own time is unknown.
 */
export function advance(clock: LogClock, recordMs: number | null, eventMs: number | null): LogClock {
  const { timeMs, aheadSinceMs } = clock;
  if (recordMs === null) return clock;
  const isStep = timeMs !== null && recordMs <= timeMs + MAX_STEP_MS;
  const isConfirmed = eventMs !== null && Math.abs(recordMs - eventMs) <= CONFIRMS_WITHIN_MS;
  if (isStep || isConfirmed) return { timeMs: Math.max(timeMs ?? recordMs, recordMs), aheadSinceMs: null };
  if (aheadSinceMs === null || recordMs < aheadSinceMs) return { timeMs, aheadSinceMs: recordMs };
  return recordMs < aheadSinceMs + HOLD_MS ? clock : { timeMs: aheadSinceMs, aheadSinceMs: recordMs };
}

/**
 * The clock of an input that had been read to its end when the newest of the other clocks was at `othersMs` (null if
 * none of them is set). Apart from differences between brokers' clocks, its next record is newer than that.
 */
export function advanceIdle(clock: LogClock, othersMs: number | null): LogClock {
  if (othersMs === null || othersMs - IDLE_LAG_MS <= (clock.timeMs ?? -Infinity)) return clock;
  return { timeMs: othersMs - IDLE_LAG_MS, aheadSinceMs: null };
}

/** The time by which ids expire. Until the clock is set: the earliest record time, or 0 before any record. */
export const dedupeTimeMs = ({ timeMs, aheadSinceMs }: LogClock): number => timeMs ?? aheadSinceMs ?? 0;
