import { CompressionTypes, type Message, type ProducerBatch, type RecordMetadata } from 'kafkajs';
import type { OutgoingRecord } from './outgoing-record.ts';

/**
 * A record without a time of ours (Kafka's NO_TIMESTAMP): topics with LogAppendTime, as all of ours are created, give it the broker's. A time of ours would be
 * refused by a topic with CreateTime when this machine's clock is off (INVALID_TIMESTAMP); this one never is.
 */
const NO_TIMESTAMP = '-1';

/** A record as kafkajs sends it. */
export const toMessage = ({ partition, key, value, headers }: OutgoingRecord): Message => ({
  partition,
  key,
  value,
  headers,
  timestamp: NO_TIMESTAMP,
});

/** One produce request for these records, in their order, each to its explicit partition, acknowledged by all in-sync replicas. */
export function toBatch(records: readonly OutgoingRecord[], timeoutMs: number): ProducerBatch {
  const byTopic = new Map<string, Message[]>();
  for (const record of records) {
    const messages = byTopic.get(record.topic);
    if (messages === undefined) byTopic.set(record.topic, [toMessage(record)]);
    else messages.push(toMessage(record));
  }
  return requestOf(
    [...byTopic].map(([topic, messages]) => ({ topic, messages })),
    timeoutMs,
  );
}

/** One produce request for these messages, acknowledged by all in-sync replicas. */
export const requestOf = (
  topicMessages: ProducerBatch['topicMessages'] & object,
  timeoutMs: number,
): ProducerBatch => ({
  acks: -1,
  timeout: timeoutMs,
  compression: CompressionTypes.None,
  topicMessages,
});

/**
 * Throws unless the broker said of every partition written to that it has the records: an answer that leaves a
 * partition out is not an acknowledgement.
 */
export function assertAcknowledged(records: readonly OutgoingRecord[], results: readonly RecordMetadata[]): void {
  const acknowledged = new Set<string>();
  for (const { topicName, partition, errorCode } of results) {
    if (errorCode === 0) acknowledged.add(`${topicName}/${partition}`);
  }
  for (const { topic, partition } of records) {
    if (!acknowledged.has(`${topic}/${partition}`)) throw new Error(`No acknowledgement for ${topic}/${partition}`);
  }
}
