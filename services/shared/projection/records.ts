/** A header's value; Kafka has null as one. */
export type HeaderValue = Buffer | string | null;

/** Headers as Kafka has them: a name may occur more than once. */
export type RecordHeaders = Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>>;

/** A batch whose records cannot be read; a record that stands for it has its bytes as value, and is at its last offset. */
export type UnreadableBatch = Readonly<{ firstOffset: number; records: number; problem: string }>;

/** A record that a projection reads. */
export type SourceRecord = Readonly<{
  topic: string;
  partition: number;
  offset: number;
  /** Time in the log: Unix time in milliseconds. */
  timestampMs: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeaders;
  /** Whether it was written in a transaction; absent where nobody needs to know. */
  transactional?: boolean;
  /** Null or absent for a record: see UnreadableBatch. */
  unreadable?: UnreadableBatch | null;
}>;

/** A record that a projection writes, to the partition of its task. */
export type TargetRecord = Readonly<{
  topic: string;
  key: Buffer | string | null;
  /** Null removes the key from a compacted topic. */
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
  /** False: no task wrote it, as tasks write in transactions only. Absent: it was written in one. */
  transactional?: boolean;
  unreadable?: UnreadableBatch | null;
}>;

/** By topic, the offset to read next. */
export type Positions = Readonly<Record<string, number>>;
