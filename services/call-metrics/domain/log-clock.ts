const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How far a record may move the clock on by its own word. */
const MAX_STEP_MS = DAY_MS;
/** An event's own time this near to its record's bears the record's time out. */
const WITNESS_MS = 2 * DAY_MS;
/** Where nothing else bears it out, the log must stay ahead for so long. */
const HOLD_MS = DAY_MS;
/** How far an input that brings nothing stays behind the others: brokers' clocks may differ by less. */
export const IDLE_MS = HOUR_MS;

/**
 * The time of one input partition's log, as far as it is believed: what horizons are measured by. It never goes back. It
 * depends on the records and their order alone, so that a restart and a rebuild give the same. All Unix milliseconds.
 */
export type LogClock = Readonly<{
  /** Null before a record whose time is believed. */
  timeMs: number | null;
  /** The earliest time of the records that are ahead of the clock and not believed; null where the last one was. */
  aheadSinceMs: number | null;
}>;

export const STOPPED_CLOCK: LogClock = { timeMs: null, aheadSinceMs: null };

/**
 * The clock after a record. One broker's wrong clock must not close days and forget ids, so a record more than a day
 * ahead moves it only if the event's own time is within 48 h of it, or if the log has stayed ahead for a day: then the
 * clock follows to where that day began. `recordMs` is null for a record without a time, `eventMs` where no time of the
 * event's own is known.
 */
export function advance(clock: LogClock, recordMs: number | null, eventMs: number | null): LogClock {
  const { timeMs, aheadSinceMs } = clock;
  if (recordMs === null) return clock;
  const isStep = timeMs !== null && recordMs <= timeMs + MAX_STEP_MS;
  const isWitnessed = eventMs !== null && Math.abs(recordMs - eventMs) <= WITNESS_MS;
  if (isStep || isWitnessed) return { timeMs: Math.max(timeMs ?? recordMs, recordMs), aheadSinceMs: null };
  if (aheadSinceMs === null || recordMs < aheadSinceMs) return { timeMs, aheadSinceMs: recordMs };
  return recordMs < aheadSinceMs + HOLD_MS ? clock : { timeMs: aheadSinceMs, aheadSinceMs: recordMs };
}

/**
 * The clock of an input that was read to its end when the others had come to `othersMs`; null where they have no time
 * either. What comes to it from now on is younger than that, but for the difference between two brokers' clocks.
 */
export function carryAlong(clock: LogClock, othersMs: number | null): LogClock {
  if (othersMs === null || othersMs - IDLE_MS <= (clock.timeMs ?? -Infinity)) return clock;
  return { timeMs: othersMs - IDLE_MS, aheadSinceMs: null };
}

/** What ids are forgotten by. Before the clock goes, the earliest time of its records, and 0 before any. */
export const dedupeTimeMs = ({ timeMs, aheadSinceMs }: LogClock): number => timeMs ?? aheadSinceMs ?? 0;
