import type { Decoded } from '../shared/avro/reader.ts';
import type { CallMetricsState, UserCallMetrics } from '../shared/call-events/avro-types.generated.ts';
import type { EventKind } from '../shared/call-events/topics.ts';
import type { CommittedRecord } from '../shared/projection/records.ts';
import { createSeenIds, type SeenIds } from '../shared/projection/seen-ids.ts';
import type { Codecs } from './codecs.ts';
import { createSeenLog, type SeenLog } from './seen-log.ts';

export type OwnTopics = Readonly<{ table: string; state: string; seen: string }>;

/**
 * What is committed, of all partitions, as it was read back from Kafka: the memory that queries are answered from, that
 * a task restores itself from, and that a takeover finds warm. Values stay encoded, as they are seldom asked for.
 */
export type CommittedView = Readonly<{
  /** Takes records of the own topics in the order of each partition. Throws RegistryError: try again. */
  readBack: (records: readonly CommittedRecord[]) => Promise<void>;
  partition: (partition: number) => PartitionView;
  /** Records of the table, ids remembered. */
  size: () => Readonly<{ tableRecords: number; seenIds: number }>;
}>;

export type PartitionView = Readonly<{
  /** The totals under a key of the table; null where there are none. */
  totals: (key: string) => UserCallMetrics | null;
  /** The same as the bytes in the topic, for comparing; null where there are none. */
  encoded: (key: string) => string | null;
  keys: () => Iterable<string>;
  /** Raised by one whenever a key comes or goes. */
  keysVersion: () => number;
  /** Null before the task's first commit. */
  state: () => CallMetricsState | null;
  /** The ids of one kind of event counted in a generation. */
  seenIds: (generation: number, input: EventKind) => SeenIds;
  seenLog: SeenLog;
}>;

export function createCommittedView(codecs: Codecs, topics: OwnTopics, dedupeMs: number): CommittedView {
  const partitions = new Map<number, ReturnType<typeof createPartition>>();
  const partition = (number: number) => {
    const known = partitions.get(number);
    if (known !== undefined) return known;
    const created = createPartition(codecs, dedupeMs);
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
        const values = records.flatMap((record) => (record.topic === topic && record.value ? [record.value] : []));
        if (values.length > 0) await reader.learn(values);
      }
      for (const { topic, partition: number, offset, key, value } of records) {
        const view = partition(number);
        if (topic === topics.table) view.putTotals(key, value);
        else if (value === null) continue;
        else if (topic === topics.state) view.putState(value);
        else if (topic === topics.seen) view.putSeen(offset, value);
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

function createPartition(codecs: Codecs, dedupeMs: number) {
  /** Encoded as a string of one byte a character: a Buffer each would take twice as much. */
  const table = new Map<string, string>();
  const seen = new Map<string, SeenIds>();
  const seenLog = createSeenLog();
  let state: CallMetricsState | null = null;
  let keysVersion = 0;

  const seenIds = (generation: number, input: string): SeenIds => {
    const name = `${generation}/${input}`;
    const known = seen.get(name);
    if (known !== undefined) return known;
    const created = createSeenIds();
    seen.set(name, created);
    return created;
  };
  const encoded = (key: string): string | null => table.get(key) ?? null;

  return {
    totals: (key: string): UserCallMetrics | null => {
      const bytes = encoded(key);
      return bytes === null ? null : decoded(codecs.table.reader.decode(Buffer.from(bytes, 'latin1')), 'the table');
    },
    encoded,
    keys: () => table.keys(),
    keysVersion: () => keysVersion,
    state: () => state,
    seenIds,
    seenLog,
    size: () => table.size,
    seenSize: () => [...seen.values()].reduce((sum, ids) => sum + ids.size(), 0),
    putTotals: (key: string, value: Buffer | null): void => {
      const before = table.size;
      if (value === null) table.delete(key);
      else table.set(key, value.toString('latin1'));
      if (table.size !== before) keysVersion += 1;
    },
    putState: (value: Buffer): void => {
      const next = decoded(codecs.state.reader.decode(value), 'the state');
      if (next.generation !== state?.generation) {
        for (const name of seen.keys()) if (Number.parseInt(name, 10) < next.generation) seen.delete(name);
      }
      state = next;
    },
    putSeen: (offset: number, value: Buffer): void => {
      const { generation, inputs } = decoded(codecs.seen.reader.decode(value), 'the seen ids');
      seenLog.append(offset, generation, inputs);
      if (generation < (state?.generation ?? 0)) return;
      for (const { input, newestLogTime, entries } of inputs) {
        seenIds(generation, input).addPacked(entries, newestLogTime - dedupeMs);
      }
    },
  };
}

/** What only tasks write must be readable: anything else is a bug, or a writer that an ACL should keep out. */
function decoded<T>(result: Decoded<T>, what: string): T {
  if (result.ok) return result.value;
  throw new Error(`A record of ${what} cannot be read (${result.reason}): only call-metrics may write there`);
}
