import { startPartitionReader } from '../../shared/kafka/partition-reader/partition-reader.ts';
import type { EndsOfTopics } from '../../shared/kafka/topics/log-ends.ts';
import type { Positions, SourceRecord } from '../../shared/projection/records.ts';
import type { CallMetricsProjection } from '../projection/call-metrics-projection.ts';
import type { RebuildContext } from './rebuild-context.ts';
import type { Replay } from './replay.ts';

/**
 * Reads one partition of the inputs into the replay, and of the table and the state into the live view, each topic up to
 * the offset that is asked for.
 */
export type PartitionSource = Readonly<{
  readTo: (topic: string, end: number) => Promise<void>;
  /** The next offset to read. */
  position: (topic: string) => number;
  /** The keys of the table's records that were read since they were last cleared. */
  writtenKeys: Set<string>;
  stop: () => Promise<void>;
}>;

type Options = Readonly<{
  context: RebuildContext;
  partition: number;
  live: CallMetricsProjection;
  replay: Replay;
  /** Reading starts at the low ends. */
  ends: EndsOfTopics;
}>;

export function openPartitionSource({ context, partition, live, replay, ends }: Options): PartitionSource {
  const { inputs, topics } = live;
  const writtenKeys = new Set<string>();

  const receive = async (topic: string, records: readonly SourceRecord[]): Promise<void> => {
    if (inputs.includes(topic)) {
      await replay.fold(records);
      context.onFolded(records.length);
      return;
    }
    const committed = records.map(({ partition, offset, key, value, transactional, unreadable }) => ({
      topic,
      partition,
      offset,
      key: key?.toString() ?? '',
      value,
      ...(transactional === undefined ? {} : { transactional }),
      unreadable: unreadable ?? null,
    }));
    if (topic === topics.table) for (const { key } of committed) writtenKeys.add(key);
    await live.readBack(committed);
  };
  const from = edgesOf(ends, [...inputs, topics.table, topics.state], partition, 'low');
  const reader = startPartitionReader(context.kafka, { from, partition, groupPrefix: context.groupPrefix }, receive);
  return { readTo: reader.readTo, position: reader.position, writtenKeys, stop: reader.stop };
}

/** One end of the topics' partition; 0 where it is unknown. */
export function edgesOf(
  ends: EndsOfTopics,
  topics: readonly string[],
  partition: number,
  edge: 'low' | 'high',
): Positions {
  return Object.fromEntries(topics.map((topic) => [topic, edgeOf(ends, topic, partition, edge)]));
}

export const edgeOf = (ends: EndsOfTopics, topic: string, partition: number, edge: 'low' | 'high'): number =>
  ends.get(topic)?.get(partition)?.[edge] ?? 0;
