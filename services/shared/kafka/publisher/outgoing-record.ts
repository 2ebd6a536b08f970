/** A record on its way to Kafka. Its partition is decided before the first attempt, so that every attempt writes to the same one. */
export type OutgoingRecord = Readonly<{
  topic: string;
  partition: number;
  key: string | null;
  /** Null is a tombstone. */
  value: Buffer | null;
  headers: Readonly<Record<string, string>>;
}>;

/**
 * What became of a record.
 * - `durable`: all in-sync replicas have it (acks=all, and its partition answered without an error).
 * - `unavailable`: Kafka did not say so before the deadline. It may still have the record: sending it again is harmless, as readers dedupe by event id.
 * - `overloaded`: the queue is full; the record was not sent.
 * - `too-large`: the broker's limit for a record is below this one's size; the record was not and will never be taken.
 */
export type PublishOutcome = 'durable' | 'unavailable' | 'overloaded' | 'too-large';

/** Bytes a record takes in memory and on the wire, roughly: for limits, not for accounts. */
export function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = (value?.length ?? 0) + (key?.length ?? 0) + 64;
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0) + 4;
  return bytes;
}
