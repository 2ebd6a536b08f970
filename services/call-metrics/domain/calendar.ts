const DAY_MS = 86_400_000;
/** No zone changes its offset but at a full quarter of an hour, nor did any since 1972. */
const QUARTER_MS = 900_000;
const CACHED_QUARTERS = 4_096;

/** Days in one time zone. A day has a number: the days from 1970-01-01 to it. */
export type Calendar = Readonly<{
  timeZone: string;
  /** The day in which this moment (Unix time in milliseconds) is. */
  dayOf: (ms: number) => number;
}>;

/** Daylight saving is as the zone's rules have it: a day may last 23 or 25 hours. Throws RangeError for an unknown zone. */
export function calendarOf(timeZone: string): Calendar {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const offsets = new Map<number, number>();
  const offsetAt = (ms: number): number => {
    const quarter = Math.floor(ms / QUARTER_MS);
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    if (offsets.size >= CACHED_QUARTERS) offsets.clear();
    const offset = parseOffset(format.formatToParts(quarter * QUARTER_MS));
    offsets.set(quarter, offset);
    return offset;
  };
  return { timeZone, dayOf: (ms) => Math.floor((ms + offsetAt(ms)) / DAY_MS) };
}

/** Milliseconds ahead of UTC, from `GMT`, `GMT+13:00` or, before zones had whole minutes, `GMT-04:56:02`. */
function parseOffset(parts: readonly Intl.DateTimeFormatPart[]): number {
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0', seconds = '0'] =
    /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(name) ?? [];
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -ms : ms;
}

/** YYYY-MM-DD; beyond the years 0 to 9999 with a sign and six digits, as ISO 8601 writes them. */
export function dateOfDay(day: number): string {
  const iso = new Date(day * DAY_MS).toISOString();
  return iso.slice(0, iso.indexOf('T'));
}

/** The opposite of `dateOfDay`. Null for a text that names no day. */
export function dayOfDate(date: string): number | null {
  const ms = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(ms)) return null;
  const day = ms / DAY_MS;
  return dateOfDay(day) === date ? day : null;
}
