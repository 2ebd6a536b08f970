import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { type OutgoingRecord, placeOf } from '../kafka/publisher/outgoing-record.ts';
import {
  decodeFrame,
  FRAME_HEADER_BYTES,
  frameHeader,
  HEADER_BYTES,
  MAX_RECORDS,
  markOf,
  newHeader,
  type RecordState,
  type Scan,
  scanSegment,
  stateByte,
  stateOf,
  stateOffset,
} from './segment-format.ts';
import { syncDirectory } from './sync-directory.ts';

/** A record in a segment, by its index there. */
export type Entry = Readonly<{ index: number; offset: number; bytes: number; place: string }>;

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
  /** How many records are `waiting` or `sending`, by their place. */
  pending: ReadonlyMap<string, number>;
  /** When a record was stored, in milliseconds of Unix time. */
  storedAtMs: (index: number) => number;
  /** Whether all its records are `done`, and none is being written. */
  isDone: () => boolean;
  /** Whether so many records more may be appended. */
  hasRoom: (records: number) => boolean;
  /** Writes all of them and waits until the disk has them. Rejects where the disk fails; then none counts as stored, and the segment takes no more. */
  append: (records: readonly NewRecord[]) => Promise<readonly Entry[]>;
  /** Remembers the state of records, and writes it over in place, without waiting for the disk. Rejects where that fails: memory has it all the same. */
  mark: (entries: readonly Entry[], state: RecordState) => Promise<void>;
  read: (entry: Entry) => Promise<OutgoingRecord>;
  close: () => Promise<void>;
  /** Removes the file; one with damaged records is kept under another name, for a person to look at. */
  remove: () => Promise<void>;
}>;

/** Creates an empty segment. Rejects where the disk has no room for its header, and leaves nothing then. */
export async function createSegment(path: string, maxBytes: number): Promise<Segment> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  const header = newHeader();
  try {
    await writeWhole(file, [header], 0);
    await file.datasync();
    await syncDirectory(path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
  const content = { mark: markOf(header), entries: [], times: new Float64Array(MAX_RECORDS), states: header };
  return segmentOf(path, file, { ...content, bytes: HEADER_BYTES, damaged: false, maxBytes, adapt: (one) => one });
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
  const { mark, frames, headerIsDamaged, damagedBytes, unfinishedBytes } = scanSegment(bytes);
  const states = Buffer.from(bytes.subarray(0, HEADER_BYTES));
  // Without its header nobody knows what was sent: all of it may have been.
  if (headerIsDamaged) states.fill(stateByte('sending'), stateOffset(0));
  const times = new Float64Array(MAX_RECORDS);
  // The same few strings for all records: of millions, one each would take more memory than all else.
  const places = new Map<string, string>();
  const entries = frames.map(({ index, offset, end, record, storedAtMs }) => {
    if (stateOf(states[stateOffset(index)]) === 'aside') states[stateOffset(index)] = stateByte('waiting');
    times[index] = storedAtMs;
    const place = placeOf(adapt(record));
    if (!places.has(place)) places.set(place, place);
    return { index, offset, bytes: end - offset, place: places.get(place) ?? place };
  });
  const content = { mark, entries, times, states, bytes: bytes.length, damaged: damagedBytes > 0, maxBytes: 0, adapt };
  return { segment: segmentOf(path, file, content), found: { damagedBytes, unfinishedBytes } };
}

type Content = Readonly<{
  mark: Buffer;
  entries: Entry[];
  /** When each record was stored. */
  times: Float64Array;
  states: Buffer;
  bytes: number;
  damaged: boolean;
  /** 0: nothing is appended. */
  maxBytes: number;
  adapt: (record: OutgoingRecord) => OutgoingRecord;
}>;

function segmentOf(path: string, file: FileHandle, content: Content): Segment {
  const { mark, entries, times, states, damaged, maxBytes, adapt } = content;
  let { bytes } = content;
  let sealed = maxBytes === 0;
  let writing = 0;
  const stateAt = (index: number): RecordState => stateOf(states[stateOffset(index)]);
  const pending = new Map<string, number>();
  let done = 0;
  const count = (place: string, change: number): void => {
    const left = (pending.get(place) ?? 0) + change;
    if (left === 0) pending.delete(place);
    else pending.set(place, left);
  };
  for (const { index, place } of entries) {
    if (isPending(stateAt(index))) count(place, 1);
    if (stateAt(index) === 'done') done += 1;
  }

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
    const buffers = records.flatMap(({ payload }, at) => [frameHeader(mark, from + at, payload), payload]);
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
    pending,
    storedAtMs: (index) => times[index] ?? 0,
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
        const entry = { index: from + at, offset, bytes: FRAME_HEADER_BYTES + payload.length, place };
        offset += entry.bytes;
        times[entry.index] = storedAtMs;
        count(place, 1);
        return entry;
      });
      entries.push(...added);
      return added;
    },
    mark: async (marked, state) => {
      if (marked.length === 0) return;
      for (const { index, place } of marked) {
        const before = stateAt(index);
        count(place, Number(isPending(state)) - Number(isPending(before)));
        done += Number(state === 'done') - Number(before === 'done');
        setState(index, state);
      }
      const indexes = marked.map(({ index }) => index);
      await writeStates(Math.min(...indexes), Math.max(...indexes));
    },
    read: async ({ offset, bytes: length, index }) => {
      const frame = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(frame, 0, length, offset);
      const stored = bytesRead === length ? decodeFrame(mark, frame, 0) : null;
      if (stored === null) throw new Error(`Record ${index} of ${path} cannot be read any more`);
      return adapt(stored.record);
    },
    close: () => file.close(),
    remove: async () => {
      await file.close();
      await (damaged ? rename(path, `${path}.${randomUUID()}.damaged`) : rm(path, { force: true }));
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
