/** Kafka allows null as a header's value. */
export type HeaderValue = Buffer | string | null;

/** A name may occur more than once. */
export type RecordHeaders = Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>>;

/** A batch that cannot be decoded. The record that stands in for it has the batch's bytes as value and its last offset. */
export type UnreadableBatch = Readonly<{ firstOffset: number; records: number; problem: string }>;

/** A record that a projection reads. */
export type SourceRecord = Readonly<{
  topic: string;
  partition: number;
  offset: number;
  /** Log time: Unix time in milliseconds. */
  timestampMs: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeaders;
  /** Whether it was written in a transaction; absent if the reader does not need to know. */
  transactional?: boolean;
  /** Set if this stands in for a batch that cannot be decoded. */
  unreadable?: UnreadableBatch | null;
}>;

/** A record that a projection writes, to the partition of its task. */
export type TargetRecord = Readonly<{
  topic: string;
  key: Buffer | string | null;
  /** Null is a tombstone. */
  value: Buffer | null;
  headers?: RecordHeaders;
}>;

/** A committed record of one of the projection's own topics, read back. */
export type CommittedRecord = Readonly<{
  topic: string;
  partition: number;
  offset: number;
  key: string;
  value: Buffer | null;
  /** False: not written by a task, since tasks only write in transactions. Absent: written in one. */
  transactional?: boolean;
  unreadable?: UnreadableBatch | null;
}>;

/** The next offset to read, by topic. */
export type Positions = Readonly<Record<string, number>>;
