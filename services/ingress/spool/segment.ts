import type { OutgoingRecord } from '../../shared/kafka/publisher/outgoing-record.ts';
import { recordStates } from './record-states.ts';
import type { SegmentFile } from './segment-file.ts';
import { decodeFrame, frameBytes, frameHeader, MAX_RECORDS, type RecordState, stateOffset } from './segment-format.ts';

/** A record in a segment, identified by its index there. */
export type Entry = Readonly<{ index: number; offset: number; bytes: number; place: string }>;

/** A record to be written: its payload, its place in Kafka, and its state. */
export type NewRecord = Readonly<{ payload: Buffer; place: string; storedAtMs: number; state: RecordState }>;

/** One file of the spool. */
export type Segment = Readonly<{
  path: string;
  /** In order of arrival. */
  entries: readonly Entry[];
  /** The state in memory; the disk may lag behind if a mark could not be written. */
  stateOf: (index: number) => RecordState;
  bytes: () => number;
  /** How many records are `waiting` or `sending`, by place. */
  pending: ReadonlyMap<string, number>;
  /** When a record was stored, in Unix milliseconds. */
  storedAtMs: (index: number) => number;
  /** Whether all records are `done` and none is being written. */
  isDone: () => boolean;
  /** Whether this many more records may be appended. */
  hasRoom: (records: number) => boolean;
  /** Writes all records and waits until the disk has them. If the disk fails, it rejects, none of them is stored, and nothing more may be appended. */
  append: (records: readonly NewRecord[]) => Promise<readonly Entry[]>;
  /** Sets the state of records in memory, then in the file without waiting for a sync. Rejects if the file cannot be written; the state in memory is set regardless. */
  mark: (entries: readonly Entry[], state: RecordState) => Promise<void>;
  read: (entry: Entry) => Promise<OutgoingRecord>;
  close: () => Promise<void>;
  /** Removes the file. A damaged one is renamed to `*.damaged` instead, for someone to inspect. */
  remove: () => Promise<void>;
}>;

export type SegmentContent = Readonly<{
  header: Buffer;
  mark: Buffer;
  entries: Entry[];
  /** When each record was stored, by index. */
  times: Float64Array;
  isDamaged: boolean;
  /** No record is appended once the file is this large; 0 for a read-only segment. */
  maxBytes: number;
  /** Turns a record as stored into the one to send. */
  adapt: (record: OutgoingRecord) => OutgoingRecord;
}>;

export function segmentOf(file: SegmentFile, content: SegmentContent): Segment {
  const { header, mark, entries, times, isDamaged, maxBytes, adapt } = content;
  const states = recordStates(header, entries);
  let writing = 0;

  const writeStates = (first: number, last: number): Promise<void> =>
    file.overwrite(states.bytes(first, last), stateOffset(first));
  const write = (records: readonly NewRecord[], first: number): Promise<void> => {
    const buffers = records.flatMap(({ payload }, at) => [frameHeader(mark, first + at, payload), payload]);
    return file.append(buffers, async () => {
      for (const [at, { state }] of records.entries()) states.prepare(first + at, state);
      // A new header says `waiting` for every record.
      if (records.some(({ state }) => state !== 'waiting')) await writeStates(first, first + records.length - 1);
    });
  };

  return {
    path: file.path,
    entries,
    stateOf: states.of,
    bytes: file.bytes,
    pending: states.pending,
    storedAtMs: (index) => times[index] ?? 0,
    isDone: () => states.doneCount() === entries.length && writing === 0,
    hasRoom: (records) => !file.hasFailed() && entries.length + records <= MAX_RECORDS && file.bytes() < maxBytes,
    append: async (records) => {
      const first = entries.length;
      let offset = file.bytes();
      writing += 1;
      try {
        await write(records, first);
      } finally {
        writing -= 1;
      }
      const added = records.map(({ payload, place, storedAtMs }, at) => {
        const entry = { index: first + at, offset, bytes: frameBytes(payload.length), place };
        offset += entry.bytes;
        times[entry.index] = storedAtMs;
        states.addPending(place);
        return entry;
      });
      entries.push(...added);
      return added;
    },
    mark: async (marked, state) => {
      if (marked.length === 0) return;
      for (const entry of marked) states.change(entry, state);
      const indexes = marked.map(({ index }) => index);
      await writeStates(Math.min(...indexes), Math.max(...indexes));
    },
    read: async ({ offset, bytes, index }) => {
      const frame = await file.read(offset, bytes);
      const stored = frame === null ? null : decodeFrame(mark, frame, 0);
      if (stored === null) throw new Error(`Record ${index} of ${file.path} can no longer be read`);
      return adapt(stored.record);
    },
    close: file.close,
    remove: () => file.remove(isDamaged),
  };
}
