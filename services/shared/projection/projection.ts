import type { LogMarks } from './log-mark.ts';
import type { CommittedRecord, Positions, SourceRecord, TargetRecord } from './records.ts';

/**
 * A projection as a value: what it reads, what it writes and how it folds, without a broker. A process runs it on Kafka
 * (shared/kafka/projection/); a test runs the same value in memory (test/support/projection-test-driver.ts).
 *
 * The guarantee: each record of the inputs is folded once into the committed state, whatever crashes, because the
 * records of a transaction, the ids it counted and the position it read to become visible together or not at all.
 */
export type Projection = Readonly<{
  /** The topics it reads. Partition n of all of them is one task. */
  inputs: readonly string[];
  /** Its own topics: only tasks write them, and a task restores itself from them. */
  restoredFrom: readonly string[];
  /** Reads newly committed records of its own topics, of all partitions, in the order of each partition. */
  readBack: (records: readonly CommittedRecord[]) => Promise<void>;
  /**
   * The fold of a partition, based on what was read back: call it once everything committed earlier has been read back.
   * `ends` are the ends of the input partitions. Throws RefusedError if the committed state must not be continued, and
   * StoppedError if only this partition's must not.
   */
  open: (partition: number, ends: Positions) => Opened;
  /** The last record of each input that is counted in what was read back: it identifies the log that the position belongs to. */
  lastCounted: (partition: number) => LogMarks;
  /** I/O that decoding these records needs, such as fetching schemas. Throws errors worth a retry. */
  prepare: (records: readonly SourceRecord[]) => Promise<void>;
}>;

/** Where a task continues. */
export type Opened = Readonly<{ positions: Positions; fold: Fold }>;

/** The memory of one task. It is discarded whenever it may differ from what is committed. */
export type Fold = Readonly<{
  /** Folds one record. Never throws because of a record's content: an unreadable record becomes a dead letter. */
  apply: (record: SourceRecord) => void;
  /**
   * The partitions of the inputs now end at `ends` and have been read to `positions`. Returns whether that alone is
   * worth a transaction, because enough log time has passed for something to expire.
   */
  observeEnds: (ends: Positions, positions: Positions) => boolean;
  /** What changed since the last call, as one transaction that also stores `positions`. */
  takeTransaction: (positions: Positions) => Transaction;
}>;

export type Transaction = Readonly<{
  records: readonly TargetRecord[];
  /** Call it once the transaction is committed, and only then. */
  markCommitted: () => void;
}>;

/** The committed state must not be continued, and no restart will change that: a person has to decide. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly retriable = false;
}

/** This partition must not continue, and no restart will change that; the others may. The message says what a person can do. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
  readonly retriable = false;
}
