import type { LogMarks } from './log-mark.ts';
import type { CommittedRecord, Positions, SourceRecord, TargetRecord } from './records.ts';

/**
 * A projection as a value: what it reads, what it writes and how it folds, without a broker. A process runs it on
 * Kafka (kafka/projection/), a test runs the same value in memory (test-driver.ts).
 *
 * The guarantee: each record of the inputs is folded once into what is committed, whatever crashes, because the records
 * of a transaction, the ids it counted and the position it read to become visible together or not at all.
 */
export type Projection = Readonly<{
  /** Topics it reads. Partition n of all of them is one task. */
  inputs: readonly string[];
  /** Its own topics: what a task restores itself from, and what only tasks write. */
  restoredFrom: readonly string[];
  /** Takes the newest committed records of its own topics, of all partitions, in the order of each partition. */
  readBack: (records: readonly CommittedRecord[]) => Promise<void>;
  /**
   * The fold of a partition, as of what was read back: call it when all that was committed before has been. `ends` are
   * the ends of the inputs' partitions. Throws RefusedError when the committed state may not be continued, StoppedError when
   * that of this partition may not.
   */
  open: (partition: number, ends: Positions) => Opened;
  /** As of what was read back: of each input the last record that is counted, which tells whether a log still is the one the position belongs to. */
  lastCounted: (partition: number) => LogMarks;
  /** I/O that decoding these records needs, such as fetching schemas. Throws what is worth trying again. */
  prepare: (records: readonly SourceRecord[]) => Promise<void>;
}>;

/** Where a task continues. */
export type Opened = Readonly<{ positions: Positions; fold: Fold }>;

/** The memory of one task. It is thrown away whenever it may differ from what is committed. */
export type Fold = Readonly<{
  /** Folds one record. Never throws for what a record holds: a record that cannot be read becomes a dead letter. */
  apply: (record: SourceRecord) => void;
  /**
   * The inputs' partitions end at `ends` now, and were read to `positions`. Whether that alone is worth a transaction: time
   * may have passed for what is kept.
   */
  saw: (ends: Positions, positions: Positions) => boolean;
  /** What changed since the last call, as the records of one transaction that also holds `positions`. */
  takeTransaction: (positions: Positions) => Transaction;
}>;

/** The records of one transaction. */
export type Transaction = Readonly<{
  records: readonly TargetRecord[];
  /** To call once the transaction is committed, and only then. */
  committed: () => void;
}>;

/** The committed state may not be continued, and no restart will change that: a person has to decide. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly retriable = false;
}

/** This partition may not go on, and no restart will change that; the others may. The message says what a person can do. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
  readonly retriable = false;
}
