import type { CommittedRecord } from '../../shared/projection/records.ts';
import type { Codecs } from './codecs.ts';
import { isWritten, type LeftOutReason } from './own-records.ts';
import { createPartitionView, type PartitionView, type PartitionViewOptions } from './partition-view.ts';

export type OwnTopics = Readonly<{ table: string; state: string; seen: string }>;

/**
 * The committed state of all partitions, as read back from Kafka. Queries are answered from it, tasks restore themselves
 * from it, and a partition that is taken over is already in memory. Values stay encoded, because few are ever queried.
 */
export type CommittedView = Readonly<{
  /**
   * Takes records of the own topics in the order of each partition. A record that is foreign or unreadable is left out
   * and reported. Throws RegistryError: try again.
   */
  readBack: (records: readonly CommittedRecord[]) => Promise<void>;
  partition: (partition: number) => PartitionView;
  /** Records of the table, and remembered ids, over all partitions. */
  size: () => Readonly<{ tableRecords: number; seenIds: number }>;
}>;

export type { PartitionView };

export type CommittedViewOptions = Omit<PartitionViewOptions, 'twin'> &
  Readonly<{
    /** Rows that are equal in both views share memory. */
    twin?: CommittedView | undefined;
    topics: OwnTopics;
    /** Called for each record that is left out. */
    onLeftOut: (record: CommittedRecord, reason: LeftOutReason) => void;
  }>;

export function createCommittedView({
  codecs,
  topics,
  dedupeMs,
  partitionOf,
  onLeftOut,
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
        if (reason !== null) onLeftOut(record, reason);
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
