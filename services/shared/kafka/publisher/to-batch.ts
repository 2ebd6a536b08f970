import { CompressionTypes, type Message, type ProducerBatch, type RecordMetadata } from 'kafkajs';
import type { OutgoingRecord } from './outgoing-record.ts';

/**
 * Kafka's "no timestamp". Our topics use LogAppendTime, so the broker fills in its own. A topic with CreateTime would reject our time
 * whenever this machine's clock is off (INVALID_TIMESTAMP); it never rejects this value.
 */
export const NO_TIMESTAMP = '-1';

/** A record in the form that kafkajs sends. */
export const toMessage = ({ partition, key, value, headers }: OutgoingRecord): Message => ({
  partition,
  key,
  value,
  headers,
  timestamp: NO_TIMESTAMP,
});

/** One produce request for these records, in order. `messageOf` sets an explicit partition on each message. */
export function toBatch<R extends Readonly<{ topic: string }>>(
  records: readonly R[],
  messageOf: (record: R) => Message,
  ackTimeoutMs: number,
): ProducerBatch {
  const byTopic = new Map<string, Message[]>();
  for (const record of records) {
    const messages = byTopic.get(record.topic);
    if (messages === undefined) byTopic.set(record.topic, [messageOf(record)]);
    else messages.push(messageOf(record));
  }
  return requestOf(
    [...byTopic].map(([topic, messages]) => ({ topic, messages })),
    ackTimeoutMs,
  );
}

/** One produce request for these messages, to be acknowledged by all in-sync replicas within `ackTimeoutMs`. */
export const requestOf = (
  topicMessages: ProducerBatch['topicMessages'] & object,
  ackTimeoutMs: number,
): ProducerBatch => ({
  acks: -1,
  timeout: ackTimeoutMs,
  compression: CompressionTypes.None,
  topicMessages,
});

/**
 * Throws unless the broker acknowledged every partition that the request writes to. A response that leaves a partition out is not an
 * acknowledgement.
 */
export function assertAcknowledged({ topicMessages = [] }: ProducerBatch, results: readonly RecordMetadata[]): void {
  const acknowledged = new Set<string>();
  for (const { topicName, partition, errorCode } of results) {
    if (errorCode === 0) acknowledged.add(`${topicName}/${partition}`);
  }
  for (const { topic, messages } of topicMessages) {
    for (const { partition } of messages) {
      if (!acknowledged.has(`${topic}/${partition}`)) throw new Error(`No acknowledgement for ${topic}/${partition}`);
    }
  }
}
