import { CompressionTypes, type Message, type ProducerBatch, type RecordMetadata } from 'kafkajs';
import type { OutgoingRecord } from './outgoing-record.ts';

/** One produce request for these records, in their order, each to its explicit partition, acknowledged by all in-sync replicas. */
export function toBatch(records: readonly OutgoingRecord[], timeoutMs: number): ProducerBatch {
  const byTopic = new Map<string, Message[]>();
  for (const { topic, partition, key, value, headers } of records) {
    const messages = byTopic.get(topic);
    const message: Message = { partition, key, value, headers };
    if (messages === undefined) byTopic.set(topic, [message]);
    else messages.push(message);
  }
  const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
  return { acks: -1, timeout: timeoutMs, compression: CompressionTypes.None, topicMessages };
}

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
