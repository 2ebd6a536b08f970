import type { LogMark } from '../../projection/log-mark.ts';
import type { LogEnds } from './log-ends.ts';

/**
 * What became of the records. `deleted`: some were deleted before they were read. `changed`: the log is not the one that was read, or lost its end. `removed`:
 * some are gone from its middle, as compaction does it.
 */
export type OutsideReason = 'deleted' | 'changed' | 'removed';

/** A position in an input that cannot be gone on from. */
export type Outside = Readonly<{
  topic: string;
  partition: number;
  reason: OutsideReason;
  /** The offsets concerned, as `17 to 20` or `from 17`. */
  records: string;
}>;

/** The stored position is outside the log: starting elsewhere would lose or double records, so nothing starts. */
export class PositionOutsideLogError extends Error implements Outside {
  override readonly name = 'PositionOutsideLogError';
  readonly retriable = false;
  readonly topic: string;
  readonly partition: number;
  readonly reason: OutsideReason;
  readonly records: string;

  /** `problem` is a clause, `remedy` says what a person can do about it, as a sentence. */
  constructor({ topic, partition, reason, records }: Outside, problem: string, remedy: string) {
    super(`Partition ${partition} of ${topic} ${problem}. Nothing was skipped. ${remedy}`);
    this.topic = topic;
    this.partition = partition;
    this.reason = reason;
    this.records = records;
  }
}

/** Offsets in words, `to` exclusive. */
export const offsets = (from: number, to: number): string => (to - from === 1 ? `${from}` : `${from} to ${to - 1}`);

/** Throws PositionOutsideLogError, which says what is missing and `remedy`: what a person can do about it. */
export function assertInLog(
  topic: string,
  partition: number,
  position: number,
  { low, high }: LogEnds,
  remedy: string,
): void {
  if (position >= low && position <= high) return;
  const deleted = position < low;
  const problem = deleted
    ? `records ${offsets(position, low)} were deleted before they were read`
    : 'the topic was made anew, or lost its end';
  throw new PositionOutsideLogError(
    {
      topic,
      partition,
      reason: deleted ? 'deleted' : 'changed',
      records: deleted ? offsets(position, low) : `from ${low}`,
    },
    `was read up to ${position}, but its log goes from ${low} to ${high}: ${problem}`,
    remedy,
  );
}

/** The record before the position, in the log now, is another than the one that was counted there. */
export const changedLog = (topic: string, partition: number, mark: LogMark, remedy: string): PositionOutsideLogError =>
  new PositionOutsideLogError(
    { topic, partition, reason: 'changed', records: `up to ${mark.offset}` },
    `has another record at offset ${mark.offset} than the one that was counted there, or none: the topic was made anew, or its log lost its end and grew again, and what ` +
      `lies below ${mark.offset + 1} now was never counted`,
    remedy,
  );

/** Offsets from `from` to before `to` are not in the log. */
export const removedRecords = (
  topic: string,
  partition: number,
  from: number,
  to: number,
  remedy: string,
): PositionOutsideLogError =>
  new PositionOutsideLogError(
    { topic, partition, reason: 'removed', records: offsets(from, to) },
    `has no records ${offsets(from, to)} any more: they were removed before they were read, as compaction does (cleanup.policy must be delete)`,
    remedy,
  );
