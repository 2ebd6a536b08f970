import { MAX_MS } from '../../shared/call-events/webhook-payload.ts';

const HOUR_MS = 3_600_000;
/** 2000-01-01T00:00:00Z: no event is older. */
const EARLIEST_MS = 946_684_800_000;
const MAX_AHEAD_MS = 48 * HOUR_MS;
const MAX_DURATION_MS = 24 * HOUR_MS;

/**
 * Whether an event can have happened at `atMs` if its record came to the log at `logTimeMs` (both Unix time in
 * milliseconds): from 2000-01-01 to 48 h after its log time. An event may be as old as it likes, as webhooks are redriven.
 */
export const isPlausibleTime = (atMs: number, logTimeMs: number): boolean =>
  atMs >= EARLIEST_MS && atMs <= logTimeMs + MAX_AHEAD_MS;

/** Whether a call or a voicemail can have lasted so many milliseconds: 0 to 24 h. */
export const isPlausibleDuration = (ms: number): boolean => ms >= 0 && ms <= MAX_DURATION_MS;

/** Whether a record can have come to a log at this Unix time in milliseconds. Kafka says -1 where a record has no time. */
export const isLogTime = (ms: number): boolean => ms >= EARLIEST_MS && ms <= MAX_MS;
