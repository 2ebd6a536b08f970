import { topicName } from '../../shared/call-events/topics.ts';
import { createKafka } from '../../shared/kafka/connection.ts';
import { ensureTopics } from '../../shared/kafka/ensure-topics.ts';
import { openExclusiveWriter } from '../../shared/kafka/exclusive-writer.ts';
import type { OutgoingRecord } from '../../shared/kafka/publisher/outgoing-record.ts';
import { createPartitionOfKey } from '../../shared/kafka/publisher/partition-of-key.ts';
import { startTableReader } from '../../shared/kafka/table-reader.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { IngressConfig } from '../config.ts';
import { createEncoders } from '../create-encoders.ts';
import { eventMessage } from '../domain/event-message.ts';
import type { Recognition } from '../domain/recognise.ts';
import { ingressTopics } from '../topics.ts';
import {
  coordinatesOf,
  createRedrivePlanner,
  REDRIVEN_HEADER,
  type Redrivable,
  type RedrivePlan,
} from './plan-redrive.ts';

/** Events in one transaction. */
const BATCH = 200;

export type RedriveOptions = Readonly<{
  config: Pick<IngressConfig, 'kafka' | 'registry'>;
  logger: Logger;
  recognise: (json: unknown) => Recognition;
  dryRun: boolean;
  /** Called after every transaction with the number of events published so far, of `total`. */
  onProgress: (published: number, total: number) => void;
}>;

/**
 * Publishes what is recognised now of `unrecognised-webhooks` to its proper topic, exactly as if it had just come: with
 * the trace and, where the event has no time of its own, the receive time it had. Each event is committed in one
 * transaction with a marker of its own, and a run fences the run before it, so that no event is published twice.
 * Resolves with the plan that was carried out (or, dry, would have been).
 */
export async function redrive({ config, logger, recognise, dryRun, onProgress }: RedriveOptions): Promise<RedrivePlan> {
  const { kafka: settings } = config;
  const kafka = createKafka(settings, 'vxt-redrive', logger);
  await ensureTopics(kafka, ingressTopics, settings, logger);
  const encoders = await createEncoders(config);
  const planner = createRedrivePlanner(recognise, (recognition, { value, headers, timestampMs }) =>
    eventMessage(
      recognition,
      {
        body: value ?? Buffer.alloc(0),
        contentType: headers['content-type'] ?? null,
        atMs: Date.parse(headers['received-at'] ?? '') || timestampMs,
        traceparent: headers.traceparent ?? '',
      },
      encoders,
    ),
  );

  const writer = dryRun ? null : await openExclusiveWriter(kafka, `${settings.topicPrefix}redrive`);
  try {
    const topic = topicName(settings.topicPrefix, 'unrecognisedWebhooks');
    const reader = startTableReader(
      kafka,
      { topics: [topic], groupPrefix: `${settings.topicPrefix}redrive-` },
      (records) => {
        for (const record of records) planner.add(record);
      },
    );
    try {
      await Promise.race([reader.caughtUp, reader.failed.then((error) => Promise.reject(error))]);
    } finally {
      await reader.stop();
    }
    const plan = planner.plan();
    if (writer === null) return plan;
    const toRecords = recordsOf(settings);
    for (let from = 0; from < plan.redrivable.length; from += BATCH) {
      const batch = plan.redrivable.slice(from, from + BATCH);
      await writer.write(batch.flatMap(toRecords));
      onProgress(from + batch.length, plan.redrivable.length);
    }
    return plan;
  } finally {
    await writer?.close();
  }
}

/** The event and its marker. */
function recordsOf({
  topicPrefix,
  partitions,
}: IngressConfig['kafka']): (one: Redrivable) => readonly OutgoingRecord[] {
  const partitionOf = createPartitionOfKey(partitions);
  return ({ kept, message }) => {
    const topic = topicName(topicPrefix, message.topic);
    const marker = {
      topic: topicName(topicPrefix, 'unrecognisedWebhooks'),
      partition: kept.partition,
      key: null,
      value: null,
      headers: { [REDRIVEN_HEADER]: coordinatesOf(kept), to: topic },
    };
    return [{ ...message, topic, partition: partitionOf(message.key) }, marker];
  };
}
