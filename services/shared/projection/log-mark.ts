import { hash } from 'node:crypto';
import type { SourceRecord } from './records.ts';

/** A topic with CreateTime may hold any 64-bit number as a time; avsc does not read back a `long` that large. */
const MAX_LONG = 2 ** 52;

/** Enough to rule out chance collisions. */
const HASH_BYTES = 16;

/**
 * Identifies a log by one of its records: a position belongs to a log only if the log has this record at this offset. A
 * recreated topic, or a log that was truncated and grew again, has another record there or none.
 */
export type LogMark = Readonly<{
  offset: number;
  /** Log time, Unix time in milliseconds; 0 for one that cannot be read back from an Avro `long`. */
  timestampMs: number;
  /** The first 16 bytes of the value's SHA-256 digest; a null value hashes as an empty one. */
  valueHash: Buffer;
}>;

export const markOf = ({
  offset,
  timestampMs,
  value,
}: Pick<SourceRecord, 'offset' | 'timestampMs' | 'value'>): LogMark => ({
  offset,
  timestampMs: Math.abs(timestampMs) <= MAX_LONG ? timestampMs : 0,
  valueHash: hash('sha256', value ?? '', 'buffer').subarray(0, HASH_BYTES),
});

export const isSameMark = (one: LogMark, other: LogMark): boolean =>
  one.offset === other.offset && one.timestampMs === other.timestampMs && one.valueHash.equals(other.valueHash);

/** The last record folded, by topic; null if none was. */
export type LogMarks = Readonly<Record<string, LogMark | null>>;
