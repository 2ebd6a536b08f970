import { connectRegistry } from '../shared/avro/registry.ts';
import { checkRegistry } from '../shared/avro/schema-ids/checked-registry.ts';
import type { SchemaIdLog } from '../shared/avro/schema-ids/written-id.ts';
import { topicName } from '../shared/call-events/topics.ts';
import type { Readiness } from '../shared/http/admin-app.ts';
import { type BrokerWatch, watchBrokers } from '../shared/kafka/broker-watch.ts';
import { createSeverableKafka, type SeverableKafka } from '../shared/kafka/connection.ts';
import { ensureTopics } from '../shared/kafka/ensure-topics.ts';
import { boundedClient } from '../shared/kafka/publisher/bounded-client.ts';
import type { OutgoingRecord } from '../shared/kafka/publisher/outgoing-record.ts';
import { createPartitionOfKey } from '../shared/kafka/publisher/partition-of-key.ts';
import { createPublisher, type Publisher } from '../shared/kafka/publisher/publisher.ts';
import { schemaIdLog } from '../shared/kafka/schema-id-log.ts';
import { errorFields, type Logger } from '../shared/observability/logger.ts';
import { summaryOf } from '../shared/observability/summarise.ts';
import { createSpoolingPublish, type DurableOutcome } from '../shared/spool/spooling-publish.ts';
import { attemptWithKafka } from './attempt-with-kafka.ts';
import type { IngressConfig } from './config.ts';
import { createEncoders } from './create-encoders.ts';
import type { Encoders } from './domain/event-message.ts';
import { reasonsNotReady } from './domain/readiness.ts';
import type { IngressMetrics } from './ingress-metrics.ts';
import { openSpools, type Spools } from './open-spools.ts';
import { prepareTopics } from './prepare-topics.ts';
import { createReceiveWebhook, type ReceiveWebhook } from './receive-webhook.ts';
import { reportInternalErrors } from './report-internal-errors.ts';
import { tellOfSpool, tellWhatWaits } from './tell-of-spool.ts';
import { ingressTopics } from './topics.ts';
import { watchSchemaIds } from './watch-schema-ids.ts';
import type { WorkerSlot } from './worker-slot.ts';

/** Everything behind the HTTP edge of one process. */
export type Pipeline = Readonly<{
  receive: ReceiveWebhook;
  /** Ready to take a webhook: Kafka takes it, or the disk does. */
  readiness: () => Readiness;
  /** Gives Kafka what was accepted; what it does not take stays in the spool, if there is one. `stuck`: the spool's disk stands still. */
  close: () => Promise<'closed' | 'stuck'>;
}>;

/** Of what Kafka does not take, this part of the deadline is left to the disk. */
const DISK_SHARE = 1 / 4;

/** Where webhooks go, and what is known of it. */
type Sink = Readonly<{
  publish: (record: OutgoingRecord) => Promise<DurableOutcome>;
  encoders: () => Encoders | null;
  publishingStopped: () => string | null;
  spoolProblem: () => 'none' | string | null;
  spoolHolds: () => boolean;
  close: () => Promise<'closed' | 'stuck'>;
}>;

type Parts = Readonly<{
  config: IngressConfig;
  worker: WorkerSlot;
  metrics: IngressMetrics;
  logger: Logger;
  partitionOf: (key: string | null) => number;
}>;

/**
 * With a spool it resolves at once, whatever Kafka and the registry do: topics and schemas are seen to as soon as they answer. Without one they are there once it
 * resolves. Rejects with an error that says what is wrong and what to do.
 */
export async function openPipeline(
  config: IngressConfig,
  worker: WorkerSlot,
  metrics: IngressMetrics,
  logger: Logger,
): Promise<Pipeline> {
  const { kafka: settings, publish, spool } = config;
  const partitionOf = createPartitionOfKey(settings.partitions);
  const parts = { config, worker, metrics, logger, partitionOf };
  const opened = spool.directory === null ? await openWithoutSpool(parts) : openWithSpool(parts, spool.directory);
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

type Opened = Readonly<{ publisher: Publisher; broker: BrokerWatch; sink: Sink }>;

async function openWithoutSpool(parts: Parts): Promise<Opened> {
  const { config, logger, metrics } = parts;
  const { kafka } = createSeverableKafka(config.kafka, 'vxt-ingress', logger, { onProblem: metrics.kafkaProblem });
  await ensureTopics(kafka, ingressTopics, config.kafka, logger);
  const ids = schemaIdLog(kafka, config.kafka.topicPrefix, readerGroupPrefixOf(config));
  const registry = await checkRegistry(connectRegistry(config.registry), ids, config.registry.url);
  const encoders = await createEncoders(registry, config);
  const publisher = startPublisher(parts, config.publish.deadlineMs);
  const sink: Sink = {
    publish: publisher.publish,
    encoders: () => encoders,
    publishingStopped: () => null,
    spoolProblem: () => 'none',
    spoolHolds: () => false,
    close: async () => 'closed',
  };
  return { publisher, broker: watch(parts), sink };
}

function openWithSpool(parts: Parts, directory: string): Opened {
  const { config, worker, logger, metrics, partitionOf } = parts;
  const { deadlineMs } = config.publish;
  const withSchemaIdLog = <T>(work: (log: SchemaIdLog) => Promise<T>): Promise<T> =>
    attemptWithKafka(config, logger, metrics.kafkaProblem, async (kafka) => {
      await ensureTopics(kafka, { reads: ['schemaIds'], writes: [] }, config.kafka, logger);
      return work(schemaIdLog(kafka, config.kafka.topicPrefix, readerGroupPrefixOf(config)));
    });
  const ids = watchSchemaIds(config, directory, logger, withSchemaIdLog);
  const publisher = startPublisher(parts, deadlineMs * (1 - DISK_SHARE));
  const topics = prepareTopics(config, logger, metrics.kafkaProblem);
  const publishingStopped = (): string | null => ids.problem() ?? topics.problem();
  const mayPublish = (): boolean => ids.mayPublish() && topics.problem() === null;
  const spools: Spools = openSpools({
    settings: { ...config.spool, directory },
    worker,
    publisher,
    mayPublish,
    partitionOf,
    observer: tellOfSpool(logger, metrics.lanes.resent),
    logger,
  });
  metrics.watchSpool(spools);
  const stopTelling = tellWhatWaits(logger, spools.state);
  const sink: Sink = {
    publish: createSpoolingPublish(publisher, spools, mayPublish, deadlineMs),
    encoders: ids.encoders,
    publishingStopped,
    spoolProblem: spools.problem,
    spoolHolds: spools.holdsAny,
    close: () => {
      topics.stop();
      stopTelling();
      ids.stop();
      return spools.close();
    },
  };
  return { publisher, broker: watch(parts), sink };
}

const readerGroupPrefixOf = ({ kafka }: IngressConfig): string => `${kafka.topicPrefix}ingress-`;

const watch = (parts: Parts): BrokerWatch =>
  watchBrokers({ createClient: () => createClient(parts, parts.config.publish.deadlineMs), logger: parts.logger });

function createClient({ config, metrics, logger }: Parts, deadlineMs: number): SeverableKafka {
  const limits = { ...boundedClient(deadlineMs), onProblem: metrics.kafkaProblem };
  return createSeverableKafka(config.kafka, 'vxt-ingress', logger, limits);
}

function startPublisher(parts: Parts, deadlineMs: number): Publisher {
  const { config, metrics, logger } = parts;
  const summary = summaryOf(logger);
  const topics = ingressTopics.writes.map((topic) => topicName(config.kafka.topicPrefix, topic));
  const publisher = createPublisher(
    () => createClient(parts, deadlineMs),
    topics,
    { ...config.publish, deadlineMs },
    {
      ...metrics.lanes,
      renewed: (error) => {
        metrics.lanes.renewed(error);
        const fields = error === null ? {} : errorFields(error);
        summary.warn('lane-renewed', String(fields.problem), fields);
      },
      refused: (refusal) => {
        metrics.lanes.refused(refusal);
        const { topic, partition, errorType, error } = refusal;
        summary.error('publish-refused', `${topic} ${errorType}`, {
          topic,
          partition,
          ...errorFields(error),
          errorType,
        });
      },
    },
  );
  metrics.watchPublisher(publisher);
  return publisher;
}
