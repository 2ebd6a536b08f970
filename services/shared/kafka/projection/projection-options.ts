import type { Positions } from '../../projection/records.ts';
import type { LostReason } from './lost-reason.ts';

/** What a running projection reports. */
export type ProjectionObserver = Readonly<{
  onCommit: (partition: number, records: number, positions: Positions) => void;
  /** The time from the start of a successful commit to its end. */
  commitDuration: (seconds: number) => void;
  restored: (partition: number, seconds: number) => void;
  /** A task discarded its memory. */
  lost: (partition: number, reason: LostReason) => void;
  /** Records of this partition were folded. */
  read: (topic: string, partition: number, highWatermark: number) => void;
  revoked: (partition: number) => void;
}>;

export type ProjectionSettings = Readonly<{
  brokers: readonly string[];
  groupId: string;
  /** The groups of readers start with this; the projection's own group is not one of them. */
  readerGroupPrefix: string;
  /** The number of the partition is appended: one stable id for each partition, whichever member has it (shared/kafka/README.md, rule 4). */
  transactionalIdPrefix: string;
  partitions: number;
  limits: Readonly<{ intervalMs: number; records: number }>;
  /** What a person can do about a position outside the log, as a sentence. */
  remedy: string;
}>;
