/**
 * What a broker's answer says of the records of one partition.
 * - `taken`: all in-sync replicas have them.
 * - `not-yet`: the broker has not taken them, and may soon: no leader, too few replicas, a topic that is being created.
 * - `unknown`: they may be in the log.
 * - `too-large`: the batch is over the topic's `max.message.bytes`; a smaller one may not be.
 * - `refused`: not taken, and not until a person changes a right, a topic or a setting.
 */
export type Verdict = 'taken' | 'not-yet' | 'unknown' | 'too-large' | 'refused';

const verdicts: Readonly<Record<string, Verdict>> = {
  NONE: 'taken',
  UNKNOWN_TOPIC_OR_PARTITION: 'not-yet',
  LEADER_NOT_AVAILABLE: 'not-yet',
  NOT_LEADER_FOR_PARTITION: 'not-yet',
  REPLICA_NOT_AVAILABLE: 'not-yet',
  FENCED_LEADER_EPOCH: 'not-yet',
  UNKNOWN_LEADER_EPOCH: 'not-yet',
  NOT_ENOUGH_REPLICAS: 'not-yet',
  KAFKA_STORAGE_ERROR: 'not-yet',
  CORRUPT_MESSAGE: 'not-yet',
  BROKER_NOT_AVAILABLE: 'not-yet',
  REQUEST_TIMED_OUT: 'unknown',
  NETWORK_EXCEPTION: 'unknown',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'unknown',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'unknown',
  DUPLICATE_SEQUENCE_NUMBER: 'unknown',
  UNKNOWN_PRODUCER_ID: 'unknown',
  INVALID_PRODUCER_EPOCH: 'unknown',
  INVALID_PRODUCER_ID_MAPPING: 'unknown',
  PRODUCER_FENCED: 'unknown',
  UNKNOWN: 'unknown',
  KAFKAJS_UNKNOWN_ERROR_CODE: 'unknown',
  MESSAGE_TOO_LARGE: 'too-large',
  RECORD_LIST_TOO_LARGE: 'too-large',
};

/** By Kafka's name of the error, 'NONE' for none, null for no answer. An error that is not listed is one that passes by itself in no case Kafka describes. */
export const verdictOf = (errorType: string | null): Verdict =>
  errorType === null ? 'unknown' : (verdicts[errorType] ?? 'refused');

/** The same for records that were never sent, as what went before failed by this error: they are not in the log. */
export function verdictUnsent(errorType: string | null): Verdict {
  const verdict = verdictOf(errorType);
  return verdict === 'refused' && errorType !== 'NOT_SENT' ? verdict : 'not-yet';
}

/** A broker did not take records of a place. */
export class NotTakenError extends Error {
  override readonly name = 'NotTakenError';
  /** Kafka's name of the error, or null where it gave no answer. */
  readonly type: string | null;

  constructor(place: string, type: string | null) {
    super(`Kafka did not take records of ${place}: ${type ?? 'no answer'}`);
    this.type = type;
  }
}
