import type { CommittedRecord } from '../shared/projection/records.ts';
import type { Codecs } from './codecs.ts';
import { isWritten, type LeftOutReason } from './own-records.ts';
import { createPartitionView, type PartitionView, type PartitionViewOptions } from './partition-view.ts';

export type OwnTopics = Readonly<{ table: string; state: string; seen: string }>;

/**
 * What is committed, of all partitions, as it was read back from Kafka: the memory that queries are answered from, that
 * a task restores itself from, and that a takeover finds warm. Values stay encoded, as they are seldom asked for.
 */
export type CommittedView = Readonly<{
  /**
   * Takes records of the own topics in the order of each partition. One that no task wrote, or nobody can read, is left out and told. Throws RegistryError: try
   * again.
   */
  readBack: (records: readonly CommittedRecord[]) => Promise<void>;
  partition: (partition: number) => PartitionView;
  /** Records of the table, ids remembered. */
  size: () => Readonly<{ tableRecords: number; seenIds: number }>;
}>;

export type { PartitionView };

export type CommittedViewOptions = Omit<PartitionViewOptions, 'twin'> &
  Readonly<{
    /** Rows that are equal there and here take the memory of one. */
    twin?: CommittedView | undefined;
    topics: OwnTopics;
    /** Called for each record that is left out. */
    leftOut: (record: CommittedRecord, reason: LeftOutReason) => void;
  }>;

export function createCommittedView({
  codecs,
  topics,
  dedupeMs,
  partitionOf,
  leftOut,
  twin,
}: CommittedViewOptions): CommittedView {
  const partitions = new Map<number, ReturnType<typeof createPartitionView>>();
  const partition = (number: number) => {
    const known = partitions.get(number);
    if (known !== undefined) return known;
    const created = createPartitionView(number, { codecs, dedupeMs, partitionOf, twin: twin?.partition(number) });
    partitions.set(number, created);
    return created;
  };
  const readers = new Map<string, Pick<Codecs['state']['reader'], 'learn'>>([
    [topics.table, codecs.table.reader],
    [topics.state, codecs.state.reader],
    [topics.seen, codecs.seen.reader],
  ]);

  return {
    partition,
    readBack: async (records) => {
      for (const [topic, reader] of readers) {
        const written = records.filter((record) => record.topic === topic && isWritten(record));
        if (written.length > 0) await reader.learn(written.flatMap(({ value }) => (value === null ? [] : [value])));
      }
      for (const record of records) {
        const view = partition(record.partition);
        let reason: LeftOutReason | null = null;
        if (record.topic === topics.table) reason = view.putTotals(record);
        else if (record.topic === topics.state) reason = view.putState(record);
        else if (record.topic === topics.seen) reason = view.putSeen(record);
        if (reason !== null) leftOut(record, reason);
      }
    },
    size: () => {
      let tableRecords = 0;
      let seenIds = 0;
      for (const view of partitions.values()) {
        tableRecords += view.size();
        seenIds += view.seenSize();
      }
      return { tableRecords, seenIds };
    },
  };
}
