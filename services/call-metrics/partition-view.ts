import type { CallMetricsState, UserCallMetrics } from '../shared/call-events/avro-types.generated.ts';
import { isTableKey, tableKeyOf } from '../shared/call-events/table-key.ts';
import type { EventKind } from '../shared/call-events/topics.ts';
import type { CommittedRecord } from '../shared/projection/records.ts';
import { createSeenIds, type SeenIds } from '../shared/projection/seen-ids.ts';
import type { Codecs } from './codecs.ts';
import { type LeftOutReason, readOwn } from './own-records.ts';
import { createSeenLog, type SeenLog } from './seen-log.ts';
import { squeeze, unsqueeze } from './zero-runs.ts';

const NO_BYTES = Buffer.alloc(0);

export type PartitionViewOptions = Readonly<{
  codecs: Codecs;
  dedupeMs: number;
  /** The partition that the inputs' key rule gives to a key. */
  partitionOf: (key: string) => number;
  /** Of the same partition: rows that are equal there and here take the memory of one. */
  twin?: Pick<PartitionView, 'kept'> | undefined;
}>;

export type PartitionView = Readonly<{
  /** The totals under a key of the table; null where there are none. */
  totals: (key: string) => UserCallMetrics | null;
  /** The same as the bytes in the topic, one a character; null where there are none. */
  encoded: (key: string) => string | null;
  /** The same in the form it is kept in: equal where the bytes are. */
  kept: (key: string) => string | null;
  keys: () => Iterable<string>;
  /** Raised by one whenever a key comes or goes. */
  keysVersion: () => number;
  /** Null before the task's first commit. */
  state: () => CallMetricsState | null;
  /** The ids of one kind of event counted in a generation. */
  seenIds: (generation: number, input: EventKind) => SeenIds;
  seenLog: SeenLog;
  /**
   * What is committed under keys whose newest record in the topic is another writer's, but for those in `written`: to be written again, or the log cleaner would
   * leave only the other writer's.
   */
  overwritten: (written: ReadonlySet<unknown>) => readonly Readonly<{ key: string; value: Buffer }>[];
  /** The place of a record that a task may have written and nobody can read, until something newer makes it good; null where there is none. */
  damage: () => string | null;
  /** There are totals or ids, and no state that says up to where they count. */
  stateIsLost: () => boolean;
}>;

/** Takes a record of one topic. Gives why it was left out; null where it was not. */
type Put = (record: CommittedRecord) => LeftOutReason | null;

type WritableView = PartitionView &
  Readonly<{ size: () => number; seenSize: () => number; putTotals: Put; putState: Put; putSeen: Put }>;

/** One partition of the committed view: what a task restores itself from. */
export function createPartitionView(
  number: number,
  { codecs, dedupeMs, partitionOf, twin }: PartitionViewOptions,
): WritableView {
  /** Encoded, in the form of `squeeze`. */
  const table = new Map<string, string>();
  const seen = new Map<string, SeenIds>();
  const seenLog = createSeenLog(dedupeMs);
  /** Keys whose newest record in the topic is another writer's. */
  const overwritten = new Set<string>();
  /** What cannot be read, by what would make it good: a newer record of the same key; for seen ids a newer generation than theirs. */
  const damagedRows = new Map<string, string>();
  let damagedState: string | null = null;
  let damagedSeen: Readonly<{ generation: number; place: string }> | null = null;
  let state: CallMetricsState | null = null;
  let newestSeenGeneration = 0;
  let keysVersion = 0;

  const seenIds = (generation: number, input: string): SeenIds => {
    const name = `${generation}/${input}`;
    const known = seen.get(name);
    if (known !== undefined) return known;
    const created = createSeenIds();
    seen.set(name, created);
    return created;
  };
  const bytesOf = (key: string): Buffer | null => {
    const row = table.get(key);
    return row === undefined ? null : unsqueeze(row);
  };
  const seenSize = (): number => [...seen.values()].reduce((sum, ids) => sum + ids.size(), 0);
  const isHome = ({ type, id }: UserCallMetrics['subject']): boolean =>
    type === 'unassigned' ? id === String(number) : partitionOf(id) === number;
  const placeOf = ({ topic, partition, offset }: CommittedRecord, reason: string): string =>
    `record ${offset} of ${topic}, partition ${partition} (${reason})`;
  const ownKey = { isOwnKey: (key: string) => key === String(number), problemOf: () => null };

  /** Equal strings are two objects in memory: the twin's is kept, and the new one is not. */
  const shared = (key: string, row: string): string => {
    const twins = twin?.kept(key);
    return twins === row ? twins : row;
  };

  const putTotals: Put = (record) => {
    const { key } = record;
    const read = readOwn<UserCallMetrics>(record, {
      reader: codecs.table.reader,
      isOwnKey: isTableKey,
      problemOf: (totals) =>
        tableKeyOf(totals) !== key ? 'wrong-key' : isHome(totals.subject) ? null : 'wrong-partition',
    });
    if (read.kind === 'foreign') {
      if (table.has(key)) overwritten.add(key);
      return read.reason;
    }
    const before = table.size;
    overwritten.delete(key);
    damagedRows.delete(key);
    if (read.kind === 'read') table.set(key, shared(key, squeeze(record.value ?? NO_BYTES)));
    else table.delete(key);
    if (table.size !== before) keysVersion += 1;
    if (read.kind !== 'damage') return null;
    damagedRows.set(key, placeOf(record, read.reason));
    return read.reason;
  };
  const putState: Put = (record) => {
    const read = readOwn<CallMetricsState>(record, { reader: codecs.state.reader, ...ownKey });
    if (read.kind === 'foreign') return read.reason;
    if (read.kind === 'removed') return 'no-value';
    damagedState = read.kind === 'damage' ? placeOf(record, read.reason) : null;
    if (read.kind === 'damage') return read.reason;
    if (read.value.generation !== state?.generation) {
      for (const name of seen.keys()) if (Number.parseInt(name, 10) < read.value.generation) seen.delete(name);
    }
    state = read.value;
    return null;
  };
  const putSeen: Put = (record) => {
    const read = readOwn(record, { reader: codecs.seen.reader, ...ownKey });
    if (read.kind === 'foreign') return read.reason;
    if (read.kind === 'removed') return 'no-value';
    if (read.kind === 'damage') {
      damagedSeen = { generation: newestSeenGeneration, place: placeOf(record, read.reason) };
      return read.reason;
    }
    const { generation, inputs } = read.value;
    newestSeenGeneration = Math.max(newestSeenGeneration, generation);
    seenLog.append(record.offset, generation, inputs);
    if (generation < (state?.generation ?? 0)) return null;
    const current = state?.generation === generation ? state.inputs : [];
    for (const { input, entries } of inputs) {
      const logTimeMs = current.find((progress) => progress.input === input)?.logTime?.long ?? -Infinity;
      seenIds(generation, input).addPacked(entries, logTimeMs - dedupeMs);
    }
    return null;
  };

  return {
    totals: (key) => {
      const bytes = bytesOf(key);
      const read = bytes === null ? null : codecs.table.reader.decode(bytes);
      return read?.ok ? read.value : null;
    },
    encoded: (key) => bytesOf(key)?.toString('latin1') ?? null,
    kept: (key) => table.get(key) ?? null,
    keys: () => table.keys(),
    keysVersion: () => keysVersion,
    state: () => state,
    seenIds,
    seenLog,
    overwritten: (written) =>
      [...overwritten].flatMap((key) => (written.has(key) ? [] : [{ key, value: bytesOf(key) ?? NO_BYTES }])),
    damage: () => {
      const [row] = damagedRows.values();
      const seenIsLost = damagedSeen !== null && damagedSeen.generation >= (state?.generation ?? 0);
      return damagedState ?? row ?? (seenIsLost ? (damagedSeen?.place ?? null) : null);
    },
    stateIsLost: () => state === null && (table.size > 0 || seenSize() > 0),
    size: () => table.size,
    seenSize,
    putTotals,
    putState,
    putSeen,
  };
}
