import type { LogMark } from '../../projection/log-mark.ts';
import type { LogEnds } from '../topics/log-ends.ts';

/**
 * What happened to the records. `deleted`: some were deleted before they were read. `changed`: this is not the log that was read, or it was
 * truncated. `removed`: some are missing from its middle, as after compaction.
 */
export type OutsideReason = 'deleted' | 'changed' | 'removed';

/** A position in an input that reading cannot continue from. */
export type Outside = Readonly<{
  topic: string;
  partition: number;
  reason: OutsideReason;
  /** The offsets concerned, as `17 to 20` or `from 17`. */
  records: string;
}>;

/** The stored position is outside the log. Starting anywhere else would lose or double records, so nothing starts. */
export class PositionOutsideLogError extends Error implements Outside {
  override readonly name = 'PositionOutsideLogError';
  readonly retriable = false;
  readonly topic: string;
  readonly partition: number;
  readonly reason: OutsideReason;
  readonly records: string;

  /** `problem` is a clause; `remedy` is a sentence that says what a person can do. */
  constructor({ topic, partition, reason, records }: Outside, problem: string, remedy: string) {
    super(`Partition ${partition} of ${topic} ${problem}. Nothing was skipped. ${remedy}`);
    this.topic = topic;
    this.partition = partition;
    this.reason = reason;
    this.records = records;
  }
}

/** Offsets in words; `to` is exclusive. */
export const offsets = (from: number, to: number): string => (to - from === 1 ? `${from}` : `${from} to ${to - 1}`);

/** Throws PositionOutsideLogError, which names the missing records and the remedy, unless the position is in the log or at its end. */
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
    : 'the topic was recreated, or its log was truncated';
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

/** The last record that was counted is no longer in the log, or another one has its offset. */
export const changedLog = (topic: string, partition: number, mark: LogMark, remedy: string): PositionOutsideLogError =>
  new PositionOutsideLogError(
    { topic, partition, reason: 'changed', records: `up to ${mark.offset}` },
    `has another record at offset ${mark.offset} than the one that was counted there, or none: the topic was recreated, or its log was truncated and grew again, and ` +
      `the records now below ${mark.offset + 1} were never counted`,
    remedy,
  );

/** The offsets from `from` to before `to` are not in the log. */
export const removedRecords = (
  topic: string,
  partition: number,
  from: number,
  to: number,
  remedy: string,
): PositionOutsideLogError =>
  new PositionOutsideLogError(
    { topic, partition, reason: 'removed', records: offsets(from, to) },
    `no longer has records ${offsets(from, to)}: they were removed before they were read, as compaction does (cleanup.policy must be delete)`,
    remedy,
  );
