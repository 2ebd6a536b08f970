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
 * - `unavailable`: Kafka did not take it before the deadline; it is not in the log.
 * - `unknown`: it was sent, and Kafka did not answer before the deadline. It may be in the log: sending it again is harmless, as readers dedupe by event id.
 * - `overloaded`: the queue is full; the record was not sent.
 * - `too-large`: the topic's limit for a record is below this one's size; the record was not taken, and will not be until the limit is raised.
 * - `refused`: the broker does not take records of this topic or partition until a person changes something: a right was revoked, the topic is gone.
 */
export type PublishOutcome = 'durable' | 'unavailable' | 'unknown' | 'overloaded' | 'too-large' | 'refused';

/** Where a record goes: records of one place are in the log in the order in which they were given. */
export const placeOf = ({ topic, partition }: Readonly<{ topic: string; partition: number }>): string =>
  `${topic}/${partition}`;

/** The topic and partition of a place. */
export function partsOf(place: string): Readonly<{ topic: string; partition: number }> {
  const slash = place.lastIndexOf('/');
  return { topic: place.slice(0, slash), partition: Number(place.slice(slash + 1)) };
}

/** Bytes a record takes in memory and on the wire, roughly: for limits, not for accounts. */
export function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = (value?.length ?? 0) + (key?.length ?? 0) + 64;
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0) + 4;
  return bytes;
}
