/** Headers as Kafka has them: a name may occur more than once. */
export type RecordHeaders = Readonly<Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>>;

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
}>;

/** By topic, the offset to read next. */
export type Positions = Readonly<Record<string, number>>;
