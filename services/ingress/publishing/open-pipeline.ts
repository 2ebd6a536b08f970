import { topicName } from '../../shared/call-events/topics.ts';
import type { Readiness } from '../../shared/http/admin-app.ts';
import { createPartitionOfKey } from '../../shared/kafka/publisher/partition-of-key.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { IngressConfig } from '../config.ts';
import { reasonsNotReady } from '../domain/readiness.ts';
import { reportInternalErrors } from '../http/report-internal-errors.ts';
import type { IngressMetrics } from '../monitoring/ingress-metrics.ts';
import type { WorkerSlot } from '../workers/worker-slot.ts';
import { openSink } from './open-sink.ts';
import { openSpoolingSink } from './open-spooling-sink.ts';
import { createReceiveWebhook, type ReceiveWebhook } from './receive-webhook.ts';

/** Everything behind the HTTP edge of one process. */
export type Pipeline = Readonly<{
  receive: ReceiveWebhook;
  /** Whether Kafka or the disk would accept a webhook now. */
  readiness: () => Readiness;
  /** Sends what was accepted; what Kafka does not accept stays in the spool, if there is one. `stuck`: the spool's disk has stalled. */
  close: () => Promise<'closed' | 'stuck'>;
}>;

/**
 * With a spool, resolves immediately, even if Kafka and the registry are unavailable: topics and schemas are prepared in the background. Without one, resolves
 * once topics and schemas exist. Rejects with an error that says what is wrong and what to do.
 */
export async function openPipeline(
  config: IngressConfig,
  worker: WorkerSlot,
  metrics: IngressMetrics,
  logger: Logger,
): Promise<Pipeline> {
  const { kafka: settings, publish, spool } = config;
  const partitionOf = createPartitionOfKey(settings.partitions);
  const options = { config, worker, metrics, logger, partitionOf };
  const opened = spool.directory === null ? await openSink(options) : openSpoolingSink(options, spool.directory);
  const { publisher, broker, sink } = opened;

  const receive = createReceiveWebhook(
    sink.encoders,
    (message) => ({
      ...message,
      topic: topicName(settings.topicPrefix, message.topic),
      partition: partitionOf(message.key),
    }),
    sink.publish,
    reportInternalErrors(logger, metrics.internalError),
  );
  return {
    receive,
    readiness: () => {
      const { up, records } = publisher.state();
      const reasons = reasonsNotReady({
        schemaIdsKnown: sink.encoders() !== null,
        publishingStopped: sink.publishingStopped(),
        lanesUp: up,
        brokerAnsweredAgoMs: broker.answeredAgoMs(),
        queuedRecords: records,
        queueLimit: publish.queueRecords,
        spoolProblem: sink.spoolProblem(),
        spoolHolds: sink.spoolHolds(),
      });
      return reasons.length === 0 ? { ready: true } : { ready: false, reasons };
    },
    close: async () => {
      const outcome = await sink.close();
      await publisher.close();
      await broker.stop();
      return outcome;
    },
  };
}
