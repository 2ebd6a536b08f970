import type { Kafka } from 'kafkajs';
import type { Registry } from '../../services/shared/avro/registry.ts';
import { createWriter, type Writer } from '../../services/shared/avro/writer.ts';
import type { CallLog, Voicemail } from '../../services/shared/call-events/avro-types.generated.ts';
import { subjectKey } from '../../services/shared/call-events/subject.ts';
import { callLogRecord, voicemailRecord } from '../../services/shared/call-events/to-record.ts';
import { topicName } from '../../services/shared/call-events/topics.ts';
import type { CallLogWebhook, VoicemailWebhook } from '../../services/shared/call-events/webhook-payload.ts';
import { createPartitionOfKey } from '../../services/shared/kafka/publisher/partition-of-key.ts';

export type TestEvent = CallLogWebhook | VoicemailWebhook;

/** A record of an input topic, as the ingress would write it. */
export type InputRecord = Readonly<{ topic: string; partition: number; key: string; value: Buffer }>;

/** Turns webhooks into the records the ingress would write for them. */
export async function createInputRecords(registry: Registry, topicPrefix: string, partitions: number) {
  const callLogs = topicName(topicPrefix, 'callLogs');
  const voicemails = topicName(topicPrefix, 'voicemails');
  const calls: Writer<CallLog> = await createWriter<CallLog>(registry, callLogs, 'call-log');
  const messages: Writer<Voicemail> = await createWriter<Voicemail>(registry, voicemails, 'voicemail');
  const partitionOf = createPartitionOfKey(partitions);
  return (event: TestEvent): InputRecord => {
    if (event.event === 'callLog') {
      const record = callLogRecord(event);
      const key = subjectKey(record);
      return { topic: callLogs, partition: partitionOf(key), key, value: calls.encode(record) };
    }
    const record = voicemailRecord(event);
    const key = subjectKey(record);
    return { topic: voicemails, partition: partitionOf(key), key, value: messages.encode(record) };
  };
}

/** Writes records to Kafka, in their order. */
export async function produce(kafka: Kafka, records: readonly InputRecord[], batch = 2_000): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    for (let at = 0; at < records.length; at += batch) {
      const byTopic = new Map<string, InputRecord[]>();
      for (const record of records.slice(at, at + batch)) {
        byTopic.set(record.topic, [...(byTopic.get(record.topic) ?? []), record]);
      }
      await producer.sendBatch({
        topicMessages: [...byTopic].map(([topic, messages]) => ({
          topic,
          messages: messages.map(({ partition, key, value }) => ({ partition, key, value })),
        })),
      });
    }
  } finally {
    await producer.disconnect();
  }
}
