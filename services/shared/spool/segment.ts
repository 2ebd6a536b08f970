import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { type OutgoingRecord, placeOf } from '../kafka/publisher/outgoing-record.ts';
import {
  decodeFrame,
  emptyHeader,
  FRAME_HEADER_BYTES,
  frameHeader,
  HEADER_BYTES,
  isHeader,
  MAX_RECORDS,
  type RecordState,
  type Scan,
  scanSegment,
  stateByte,
  stateOf,
  stateOffset,
} from './segment-format.ts';
import { syncDirectory } from './sync-directory.ts';

/** A record in a segment, by its index there. */
export type Entry = Readonly<{ index: number; offset: number; bytes: number; place: string; storedAtMs: number }>;

/** A record that is to be written: its payload, where it goes in Kafka, and what has become of it so far. */
export type NewRecord = Readonly<{ payload: Buffer; place: string; storedAtMs: number; state: RecordState }>;

/** One file of the spool. After a write failed it takes no more: what lies behind the last good byte cannot be trusted. */
export type Segment = Readonly<{
  path: string;
  /** In the order of arrival. */
  entries: readonly Entry[];
  /** Of an entry, as it is known in memory; the disk may be behind where a mark failed. */
  stateOf: (index: number) => RecordState;
  bytes: () => number;
  /** How many records are `waiting` or `sending`. */
  pending: () => number;
  /** Whether all its records are `done`, and none is being written. */
  isDone: () => boolean;
  /** Whether so many records more may be appended. */
  hasRoom: (records: number) => boolean;
  /** Writes all of them and waits until the disk has them. Rejects where the disk fails; then none counts as stored, and the segment takes no more. */
  append: (records: readonly NewRecord[]) => Promise<readonly Entry[]>;
  /** Remembers the state of records, and writes it over in place, without waiting for the disk. Rejects where that fails: memory has it all the same. */
  mark: (indexes: readonly number[], state: RecordState) => Promise<void>;
  read: (entry: Entry) => Promise<OutgoingRecord>;
  close: () => Promise<void>;
  /** Removes the file; one with damaged records is kept under another name, for a person to look at. */
  remove: () => Promise<void>;
}>;

/** Creates an empty segment. Rejects where the disk has no room for its header, and leaves nothing then. */
export async function createSegment(path: string, maxBytes: number): Promise<Segment> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await writeWhole(file, [emptyHeader()], 0);
    await file.datasync();
    await syncDirectory(path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
  const states = emptyHeader();
  return segmentOf(path, file, {
    entries: [],
    states,
    bytes: HEADER_BYTES,
    damaged: false,
    maxBytes,
    adapt: (one) => one,
  });
}

/** What opening a segment found beyond its records; both 0 after a clean stop. */
export type Found = Pick<Scan, 'damagedBytes' | 'unfinishedBytes'>;

/**
 * Opens a segment that another process wrote; nothing is appended to it any more, and what was set aside is tried again. `adapt` turns a record as it was stored
 * into the one to send. A file that is shorter than a header was never written to: null.
 */
export async function openSegment(
  path: string,
  adapt: (record: OutgoingRecord) => OutgoingRecord,
): Promise<Readonly<{ segment: Segment; found: Found }> | null> {
  const file = await open(path, constants.O_RDWR);
  const bytes = await file.readFile();
  if (bytes.length < HEADER_BYTES) {
    await file.close();
    await rm(path);
    return null;
  }
  const { frames, damagedBytes, unfinishedBytes } = scanSegment(bytes);
  const headerIsDamaged = !isHeader(bytes);
  const states = Buffer.from(bytes.subarray(0, HEADER_BYTES));
  // Without its header nobody knows what was sent: all of it may have been.
  if (headerIsDamaged) states.fill(stateByte('sending'), stateOffset(0));
  const entries = frames.map(({ index, offset, end, record, storedAtMs }) => {
    if (stateOf(states[stateOffset(index)]) === 'aside') states[stateOffset(index)] = stateByte('waiting');
    return { index, offset, bytes: end - offset, place: placeOf(adapt(record)), storedAtMs };
  });
  const damaged = damagedBytes > 0 || headerIsDamaged;
  return {
    segment: segmentOf(path, file, { entries, states, bytes: bytes.length, damaged, maxBytes: 0, adapt }),
    found: { damagedBytes: damagedBytes + (headerIsDamaged ? HEADER_BYTES : 0), unfinishedBytes },
  };
}

type Content = Readonly<{
  entries: Entry[];
  states: Buffer;
  bytes: number;
  damaged: boolean;
  /** 0: nothing is appended. */
  maxBytes: number;
  adapt: (record: OutgoingRecord) => OutgoingRecord;
}>;

function segmentOf(path: string, file: FileHandle, content: Content): Segment {
  const { entries, states, damaged, maxBytes, adapt } = content;
  let { bytes } = content;
  let sealed = maxBytes === 0;
  let writing = 0;
  const stateAt = (index: number): RecordState => stateOf(states[stateOffset(index)]);
  const count = (...wanted: readonly RecordState[]): number =>
    entries.reduce((sum, { index }) => sum + (wanted.includes(stateAt(index)) ? 1 : 0), 0);
  let pending = count('waiting', 'sending');
  let done = count('done');

  const setState = (index: number, state: RecordState): void => {
    states[stateOffset(index)] = stateByte(state);
  };
  const writeStates = (from: number, to: number): Promise<void> =>
    writeWhole(file, [states.subarray(stateOffset(from), stateOffset(to) + 1)], stateOffset(from));
  /** Gives the room back, if the disk still does what it is told; what stays is read as what it is at the next start. */
  const cutBackTo = (end: number): Promise<void> =>
    file.truncate(end).then(
      () => {
        bytes = end;
      },
      () => undefined,
    );
  const write = async (records: readonly NewRecord[], from: number): Promise<void> => {
    const buffers = records.flatMap(({ payload }, at) => [frameHeader(from + at, payload), payload]);
    const before = bytes;
    bytes += buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    try {
      await writeWhole(file, buffers, before);
      for (const [at, { state }] of records.entries()) setState(from + at, state);
      // All others are `waiting`, as the header says from the start.
      if (records.some(({ state }) => state !== 'waiting')) await writeStates(from, from + records.length - 1);
      await file.datasync();
    } catch (error) {
      sealed = true;
      await cutBackTo(before);
      throw error;
    }
  };

  return {
    path,
    entries,
    stateOf: stateAt,
    bytes: () => bytes,
    pending: () => pending,
    isDone: () => done === entries.length && writing === 0,
    hasRoom: (records) => !sealed && entries.length + records <= MAX_RECORDS && bytes < maxBytes,
    append: async (records) => {
      const from = entries.length;
      let offset = bytes;
      writing += 1;
      try {
        await write(records, from);
      } finally {
        writing -= 1;
      }
      const added = records.map(({ payload, place, storedAtMs }, at) => {
        const entry = { index: from + at, offset, bytes: FRAME_HEADER_BYTES + payload.length, place, storedAtMs };
        offset += entry.bytes;
        return entry;
      });
      entries.push(...added);
      pending += added.length;
      return added;
    },
    mark: async (indexes, state) => {
      if (indexes.length === 0) return;
      for (const index of indexes) {
        const before = stateAt(index);
        pending += Number(isPending(state)) - Number(isPending(before));
        done += Number(state === 'done') - Number(before === 'done');
        setState(index, state);
      }
      await writeStates(Math.min(...indexes), Math.max(...indexes));
    },
    read: async ({ offset, bytes: length, index }) => {
      const frame = Buffer.allocUnsafe(length);
      await file.read(frame, 0, length, offset);
      const stored = decodeFrame(frame, 0);
      if (stored === null) throw new Error(`Record ${index} of ${path} cannot be read any more`);
      return adapt(stored.record);
    },
    close: () => file.close(),
    remove: async () => {
      await file.close();
      await (damaged ? rename(path, `${path}.damaged`) : rm(path, { force: true }));
    },
  };
}

/** Whether a record of this state is still to be sent. */
export const isPending = (state: RecordState): boolean => state === 'waiting' || state === 'sending';

/** A disk that is nearly full takes a part and calls that a success. */
async function writeWhole(file: FileHandle, buffers: readonly Buffer[], position: number): Promise<void> {
  const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  const { bytesWritten } = await file.writev([...buffers], position);
  if (bytesWritten !== bytes) throw new Error(`The disk took ${bytesWritten} of ${bytes} bytes`);
}
