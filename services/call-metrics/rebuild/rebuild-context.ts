import { createKafka } from '../../shared/kafka/connection.ts';
import { createLogEnds, type EndsOfTopics } from '../../shared/kafka/projection/log-ends.ts';
import { createPartitionOfKey } from '../../shared/kafka/publisher/partition-of-key.ts';
import { readUncommitted } from '../../shared/kafka/read-uncommitted.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { type CallMetricsProjection, createCallMetricsProjection } from '../call-metrics-projection.ts';
import type { Codecs } from '../codecs.ts';
import type { CommittedView } from '../committed-view.ts';
import type { CallMetricsConfig } from '../config.ts';
import { openCodecs, readerGroupPrefixOf } from '../open-codecs.ts';

export type RebuildConfig = Pick<CallMetricsConfig, 'kafka' | 'registry' | 'rules'>;

/** What every partition of a rebuild shares. */
export type RebuildContext = Readonly<{
  kafka: ReturnType<typeof createKafka>;
  codecs: Codecs;
  /** A projection under the configured rules that has read nothing. Rows that are equal in it and in its twin take the memory of one. */
  project: (twin?: CommittedView) => CallMetricsProjection;
  /** Of the inputs, the table and the state: as far as they can be read. */
  ends: () => Promise<EndsOfTopics>;
  /** The same with what open transactions have written. */
  watermarks: () => Promise<EndsOfTopics>;
  /** The configured number. */
  partitions: number;
  groupPrefix: string;
  transactionalIdPrefix: string;
  /** Records were folded. */
  progress: (records: number) => void;
}>;

export async function createRebuildContext(
  { config, logger, dryRun }: Readonly<{ config: RebuildConfig; logger: Logger; dryRun: boolean }>,
  progress: (records: number) => void,
): Promise<RebuildContext> {
  const { topicPrefix, partitions, brokers } = config.kafka;
  const kafka = createKafka(config.kafka, 'vxt-call-metrics-rebuild', logger);
  const codecs = await openCodecs(kafka, config.registry, topicPrefix, { dryRun });
  const partitionOf = createPartitionOfKey(partitions);
  const project = (twin?: CommittedView): CallMetricsProjection =>
    createCallMetricsProjection({
      twin,
      rules: { ...config.rules, partitions },
      topicPrefix,
      codecs,
      partitionOf,
      counted: () => undefined,
    });
  const { inputs, topics } = project();
  const read = [...inputs, topics.table, topics.state];
  return {
    kafka,
    codecs,
    project,
    ends: createLogEnds(kafka, brokers, read),
    watermarks: createLogEnds(readUncommitted(kafka), brokers, read),
    partitions,
    groupPrefix: readerGroupPrefixOf(topicPrefix),
    transactionalIdPrefix: `${topicPrefix}call-metrics-`,
    progress,
  };
}
