import { createKafka } from '../../shared/kafka/client/connection.ts';
import { readUncommitted } from '../../shared/kafka/client/read-uncommitted.ts';
import { createPartitionOfKey } from '../../shared/kafka/publisher/partition-of-key.ts';
import { createLogEnds, type EndsOfTopics } from '../../shared/kafka/topics/log-ends.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { CallMetricsConfig } from '../config.ts';
import { type CallMetricsProjection, createCallMetricsProjection } from '../projection/call-metrics-projection.ts';
import type { Codecs } from '../projection/codecs.ts';
import type { CommittedView } from '../projection/committed-view.ts';
import { openCodecs, readerGroupPrefixOf } from '../projection/open-codecs.ts';

export type RebuildConfig = Pick<CallMetricsConfig, 'kafka' | 'registry' | 'rules'>;

/** What all partitions of a rebuild share. */
export type RebuildContext = Readonly<{
  kafka: ReturnType<typeof createKafka>;
  codecs: Codecs;
  /** A projection under the configured rules that has read nothing yet. Rows that are equal in it and its twin share memory. */
  createProjection: (twin?: CommittedView) => CallMetricsProjection;
  /** The ends of the inputs, the table and the state, as far as they can be read. */
  ends: () => Promise<EndsOfTopics>;
  /** The same including what open transactions have written. */
  watermarks: () => Promise<EndsOfTopics>;
  /** The configured number. */
  partitions: number;
  groupPrefix: string;
  transactionalIdPrefix: string;
  /** Called with the number of records that were folded. */
  onFolded: (records: number) => void;
}>;

export async function createRebuildContext(
  { config, logger, dryRun }: Readonly<{ config: RebuildConfig; logger: Logger; dryRun: boolean }>,
  onFolded: (records: number) => void,
): Promise<RebuildContext> {
  const { topicPrefix, partitions, brokers } = config.kafka;
  const kafka = createKafka(config.kafka, 'vxt-call-metrics-rebuild', logger);
  const codecs = await openCodecs(kafka, config.registry, topicPrefix, { dryRun });
  const partitionOf = createPartitionOfKey(partitions);
  const createProjection = (twin?: CommittedView): CallMetricsProjection =>
    createCallMetricsProjection({
      twin,
      rules: { ...config.rules, partitions },
      topicPrefix,
      codecs,
      partitionOf,
      countOutcome: () => undefined,
    });
  const { inputs, topics } = createProjection();
  const read = [...inputs, topics.table, topics.state];
  return {
    kafka,
    codecs,
    createProjection,
    ends: createLogEnds(kafka, brokers, read),
    watermarks: createLogEnds(readUncommitted(kafka), brokers, read),
    partitions,
    groupPrefix: readerGroupPrefixOf(topicPrefix),
    transactionalIdPrefix: `${topicPrefix}call-metrics-`,
    onFolded,
  };
}
