import type { CallMetricsState, UserCallMetrics } from '../../shared/call-events/avro-types.generated.ts';
import type { EventKind } from '../../shared/call-events/topics.ts';
import type { SeenIds } from '../../shared/projection/seen-ids.ts';
import type { Codecs } from './codecs.ts';
import { createCommittedRows } from './committed-rows.ts';
import { createCommittedSeenIds } from './committed-seen-ids.ts';
import { createCommittedState } from './committed-state.ts';
import type { Put } from './own-records.ts';
import type { SeenLog } from './seen-log.ts';

export type PartitionViewOptions = Readonly<{
  codecs: Codecs;
  /** How long ids are remembered, in milliseconds of log time. */
  dedupeMs: number;
  /** The partition that the key rule of the inputs assigns to a key. */
  partitionOf: (key: string) => number;
  /** Another view of the same partition: rows that are equal in both share memory. */
  twin?: Pick<PartitionView, 'squeezed'> | undefined;
}>;

export type PartitionView = Readonly<{
  /** The totals under a key of the table; null if there are none. */
  totals: (key: string) => UserCallMetrics | null;
  /** The same as the bytes in the topic, one character per byte; null if there are none. */
  encoded: (key: string) => string | null;
  /** The same in the form of `squeeze`, which is equal if and only if the bytes are; null if there are none. */
  squeezed: (key: string) => string | null;
  keys: () => Iterable<string>;
  /** Incremented whenever a key is added or removed. */
  keysVersion: () => number;
  /** Null before the task's first commit. */
  state: () => CallMetricsState | null;
  /** The ids of one kind of event counted in a generation. */
  seenIds: (generation: number, input: EventKind) => SeenIds;
  seenLog: SeenLog;
  /**
   * Committed rows whose newest record in the topic is a foreign one, other than those in `written`. They have to be
   * written again: the log cleaner would keep only the foreign record.
   */
  overwritten: (written: ReadonlySet<unknown>) => readonly Readonly<{ key: string; value: Buffer }>[];
  /** The place of an unreadable record that a task may have written, until a newer record replaces it; null if there is none. */
  damage: () => string | null;
  /** Whether there are totals or ids but no state that says up to where they count. */
  stateIsLost: () => boolean;
}>;

type WritableView = PartitionView &
  Readonly<{ size: () => number; seenSize: () => number; putTotals: Put; putState: Put; putSeen: Put }>;

/** One partition of the committed view: what a task restores itself from. */
export function createPartitionView(
  partition: number,
  { codecs, dedupeMs, partitionOf, twin }: PartitionViewOptions,
): WritableView {
  const rows = createCommittedRows({
    reader: codecs.table.reader,
    isHome: ({ type, id }) => (type === 'unassigned' ? id === String(partition) : partitionOf(id) === partition),
    twinRow: (key) => twin?.squeezed(key) ?? null,
  });
  const state = createCommittedState(partition, codecs.state.reader);
  const seen = createCommittedSeenIds({ partition, reader: codecs.seen.reader, dedupeMs, state: state.current });

  return {
    totals: (key) => {
      const bytes = rows.bytes(key);
      const read = bytes === null ? null : codecs.table.reader.decode(bytes);
      return read?.ok ? read.value : null;
    },
    encoded: (key) => rows.bytes(key)?.toString('latin1') ?? null,
    squeezed: rows.squeezed,
    keys: rows.keys,
    keysVersion: rows.keysVersion,
    state: state.current,
    seenIds: seen.of,
    seenLog: seen.log,
    overwritten: rows.overwritten,
    damage: () => state.damage() ?? rows.damage() ?? seen.damage(),
    stateIsLost: () => state.current() === null && (rows.size() > 0 || seen.size() > 0),
    size: rows.size,
    seenSize: seen.size,
    putTotals: rows.put,
    putState: (record) => {
      const before = state.current()?.generation;
      const reason = state.put(record);
      const generation = state.current()?.generation;
      if (generation !== undefined && generation !== before) seen.dropGenerationsBefore(generation);
      return reason;
    },
    putSeen: seen.put,
  };
}
