import type { SchemaIdLog } from '../../shared/avro/schema-ids/written-id.ts';
import { ensureTopics } from '../../shared/kafka/topics/ensure-topics.ts';
import { schemaIdLog } from '../../shared/kafka/topics/schema-id-log.ts';
import { openSpools } from '../spool/open-spools.ts';
import { createPublishOrSpool } from '../spool/publish-or-spool.ts';
import { reportBacklog, reportSpool } from '../spool/report-spool.ts';
import { openPublisher, watchBrokersFor } from './open-publisher.ts';
import { prepareTopics } from './prepare-topics.ts';
import type { OpenedSink, Sink, SinkOptions } from './sink.ts';
import { readerGroupPrefix } from './topics.ts';
import { watchSchemaIds } from './watch-schema-ids.ts';
import { withKafkaClient } from './with-kafka-client.ts';

/** The share of the deadline reserved for the disk, in case Kafka does not accept a record. */
const DISK_SHARE = 1 / 4;

/** Publishes to Kafka, or to the spool while Kafka is unavailable. Needs neither Kafka nor the registry to open: topics and schemas are prepared in the background. */
export function openSpoolingSink(options: SinkOptions, directory: string): OpenedSink {
  const { config, worker, logger, metrics, partitionOf } = options;
  const { deadlineMs } = config.publish;
  const ids = watchSchemaIds(config, directory, logger, (work) => withSchemaIdLog(options, work));
  const publisher = openPublisher(options, deadlineMs * (1 - DISK_SHARE));
  const topics = prepareTopics(config, logger, metrics.kafkaProblem);
  const mayPublish = (): boolean => ids.mayPublish() && topics.problem() === null;
  const spools = openSpools({
    settings: { ...config.spool, directory },
    worker,
    publisher,
    mayPublish,
    partitionOf,
    observer: reportSpool(logger, metrics.lanes.resent),
    logger,
  });
  metrics.exposeSpool(spools);
  const stopReporting = reportBacklog(logger, spools.state);
  const sink: Sink = {
    publish: createPublishOrSpool(publisher, spools, mayPublish, deadlineMs),
    encoders: ids.encoders,
    publishingStopped: () => ids.problem() ?? topics.problem(),
    spoolProblem: spools.problem,
    spoolHolds: spools.holdsAny,
    close: () => {
      topics.stop();
      stopReporting();
      ids.stop();
      return spools.close();
    },
  };
  return { publisher, broker: watchBrokersFor(options), sink };
}

/** One attempt to work with the log of schema ids, whose topic is created if necessary. */
function withSchemaIdLog<T>(
  { config, logger, metrics }: SinkOptions,
  work: (log: SchemaIdLog) => Promise<T>,
): Promise<T> {
  const { topicPrefix } = config.kafka;
  return withKafkaClient(config, logger, metrics.kafkaProblem, async (kafka) => {
    await ensureTopics(kafka, { reads: ['schemaIds'], writes: [] }, config.kafka, logger);
    return work(schemaIdLog(kafka, topicPrefix, readerGroupPrefix(topicPrefix)));
  });
}
