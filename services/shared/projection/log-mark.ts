import { hash } from 'node:crypto';
import type { SourceRecord } from './records.ts';

/** Where a topic keeps its producers' times, a record may have any 64 bits; avsc reads fewer. */
const LARGEST_LONG = 2 ** 52;

/** Enough that no other record has the same by chance. */
const HASH_BYTES = 16;

/**
 * A record as it tells one log from any other: what was read up to it belongs to a log only if that log has this very record at this very offset. A topic that
 * was created anew, and a log that lost its end and grew again, have another one there, or none.
 */
export type LogMark = Readonly<{
  offset: number;
  /** Time in the log: Unix time in milliseconds; 0 for one beyond what a schema's `long` can be read back as. */
  timestampMs: number;
  /** Of the value; of a record without one as of an empty one. */
  valueHash: Buffer;
}>;

export const markOf = ({
  offset,
  timestampMs,
  value,
}: Pick<SourceRecord, 'offset' | 'timestampMs' | 'value'>): LogMark => ({
  offset,
  timestampMs: Math.abs(timestampMs) <= LARGEST_LONG ? timestampMs : 0,
  valueHash: hash('sha256', value ?? '', 'buffer').subarray(0, HASH_BYTES),
});

export const isSameMark = (one: LogMark, other: LogMark): boolean =>
  one.offset === other.offset && one.timestampMs === other.timestampMs && one.valueHash.equals(other.valueHash);

/** By topic, the last record that was folded; null where none was. */
export type LogMarks = Readonly<Record<string, LogMark | null>>;
