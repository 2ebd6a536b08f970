import type { Batch, KafkaMessage } from 'kafkajs';
import type { SourceRecord } from '../../projection/records.ts';
import type { SourceBatch } from '../../projection/task.ts';

/** What kafkajs delivered, as a task takes it. Offsets are exact below 2^53. */
export function sourceBatch(batch: Batch): SourceBatch {
  const { topic, partition, messages } = batch;
  return {
    topic,
    fromOffset: fetchedOffset(batch),
    nextOffset: Number(batch.lastOffset()) + 1,
    records: messages.map((message) => sourceRecord(topic, partition, message)),
  };
}

function sourceRecord(topic: string, partition: number, message: KafkaMessage): SourceRecord {
  const { offset, timestamp, key, value, headers = {} } = message;
  return { topic, partition, offset: Number(offset), timestampMs: Number(timestamp), key, value, headers };
}

/** The offset the fetch asked for; kafkajs has it, its types do not. */
function fetchedOffset(batch: Batch & { fetchedOffset?: unknown }): number {
  return Number(batch.fetchedOffset ?? batch.firstOffset());
}
