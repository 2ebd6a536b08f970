import type { Batch, KafkaMessage } from 'kafkajs';
import type { RecordHeaders, SourceRecord, UnreadableBatch } from '../../projection/records.ts';
import type { SourceBatch } from '../../projection/task.ts';
import { isTransactional, unreadableBatch } from '../fetch/unreadable-batch.ts';

/** What kafkajs delivered, as a task takes it. Offsets are exact below 2^53. */
export function sourceBatch(batch: Batch): SourceBatch {
  const { topic, partition, messages } = batch;
  return {
    topic,
    fromOffset: fetchedOffset(batch),
    nextOffset: Number(batch.lastOffset()) + 1,
    records: messages.map((message) => new KafkaSourceRecord(topic, partition, message)),
  };
}

/** Asks the message for key, value and headers only where they are asked for: most are not. */
class KafkaSourceRecord implements SourceRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly #message: KafkaMessage;

  constructor(topic: string, partition: number, message: KafkaMessage) {
    this.topic = topic;
    this.partition = partition;
    this.offset = Number(message.offset);
    this.timestampMs = Number(message.timestamp);
    this.#message = message;
  }

  get key(): Buffer | null {
    return this.#message.key;
  }

  get value(): Buffer | null {
    return this.#message.value;
  }

  get headers(): RecordHeaders {
    return this.#message.headers ?? {};
  }

  get transactional(): boolean {
    return isTransactional(this.#message);
  }

  get unreadable(): UnreadableBatch | null {
    return unreadableBatch(this.#message);
  }
}

/** The offset the fetch asked for; kafkajs has it, its types do not. */
function fetchedOffset(batch: Batch & { fetchedOffset?: unknown }): number {
  return Number(batch.fetchedOffset ?? batch.firstOffset());
}
