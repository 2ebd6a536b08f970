import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { OutgoingRecord } from '../kafka/publisher/outgoing-record.ts';

/**
 * A segment is a file of records in the order of their arrival:
 *
 *     header   4,096 bytes: 8 bytes magic, the 8 random bytes of the segment's mark, 16 bytes reserved, then one state byte for each record, written over in place
 *     frames   one for each record: the mark, length of the payload, CRC-32 of index and payload, index (4 bytes each, big-endian), payload
 *     payload  length of the JSON (4 bytes), JSON of all but the value, the value's bytes
 *
 * The header has its blocks on disk from the start, so that a record can be marked on a disk that is full. No sender knows a segment's mark, so that nothing in a
 * payload is ever taken for a frame.
 */
export const HEADER_BYTES = 4_096;
const MARK_BYTES = 8;
export const FRAME_HEADER_BYTES = MARK_BYTES + 12;
const STATES_AT = 32;
const HEADER_MAGIC = Buffer.from('VXTSPOOL');

/** The most records of a segment: as many as the header has state bytes for. */
export const MAX_RECORDS = HEADER_BYTES - STATES_AT;

/** What has become of a record. `sending`: it was given to Kafka, and nothing was written down since, so it may be in the log. `aside`: too large for its topic. */
const recordStates = ['waiting', 'sending', 'done', 'aside'] as const;
export type RecordState = (typeof recordStates)[number];

/** A record and when it was stored, in milliseconds of Unix time. */
export type StoredRecord = Readonly<{ record: OutgoingRecord; storedAtMs: number }>;

/** The header of a new segment, in which every record is `waiting`. */
export function newHeader(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  HEADER_MAGIC.copy(header);
  randomBytes(MARK_BYTES).copy(header, HEADER_MAGIC.length);
  return header;
}

const isHeader = (bytes: Buffer): boolean => bytes.subarray(0, HEADER_MAGIC.length).equals(HEADER_MAGIC);

/** The mark of a segment by its header. */
export const markOf = (header: Buffer): Buffer =>
  header.subarray(HEADER_MAGIC.length, HEADER_MAGIC.length + MARK_BYTES);

/** Where the state byte of a record lies in its file. */
export const stateOffset = (index: number): number => STATES_AT + index;
export const stateByte = (state: RecordState): number => recordStates.indexOf(state);
/** A byte that no version wrote reads as `sending`: the record is sent, and counted as one that may be in the log twice. */
export const stateOf = (byte: number | undefined): RecordState => recordStates[byte ?? 1] ?? 'sending';

/** A record as bytes; it becomes a frame when its place in a segment is known. */
export function encodePayload({ record, storedAtMs }: StoredRecord): Buffer {
  const { value, ...rest } = record;
  const meta = Buffer.from(JSON.stringify({ ...rest, storedAtMs, tombstone: value === null }));
  const payload = Buffer.allocUnsafe(4 + meta.length + (value?.length ?? 0));
  payload.writeUInt32BE(meta.length);
  meta.copy(payload, 4);
  value?.copy(payload, 4 + meta.length);
  return payload;
}

/** What goes before the payload of the `index`-th record of a segment. */
export function frameHeader(mark: Buffer, index: number, payload: Buffer): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  mark.copy(header);
  header.writeUInt32BE(payload.length, MARK_BYTES);
  header.writeUInt32BE(index, MARK_BYTES + 8);
  header.writeUInt32BE(crc32(payload, crc32(header.subarray(MARK_BYTES + 8))), MARK_BYTES + 4);
  return header;
}

/** The record in the frame that begins at `offset`; null where no whole and undamaged frame does. Its value shares the memory of `bytes`. */
export function decodeFrame(
  mark: Buffer,
  bytes: Buffer,
  offset: number,
): (StoredRecord & Readonly<{ index: number; end: number }>) | null {
  const payloadAt = offset + FRAME_HEADER_BYTES;
  if (payloadAt + 4 > bytes.length || bytes.compare(mark, 0, MARK_BYTES, offset, offset + MARK_BYTES) !== 0)
    return null;
  const end = payloadAt + bytes.readUInt32BE(offset + MARK_BYTES);
  const indexAt = offset + MARK_BYTES + 8;
  if (end > bytes.length || bytes.readUInt32BE(indexAt - 4) !== crc32(bytes.subarray(indexAt, end))) return null;
  const valueAt = payloadAt + 4 + bytes.readUInt32BE(payloadAt);
  const { storedAtMs, tombstone, ...rest }: Omit<OutgoingRecord, 'value'> & { storedAtMs: number; tombstone: boolean } =
    JSON.parse(bytes.toString('utf8', payloadAt + 4, valueAt));
  const value = tombstone ? null : bytes.subarray(valueAt, end);
  return { index: bytes.readUInt32BE(indexAt), end, storedAtMs, record: { ...rest, value } };
}

/** What lies in a segment's file. */
export type Scan = Readonly<{
  mark: Buffer;
  frames: readonly (StoredRecord & Readonly<{ index: number; offset: number; end: number }>)[];
  headerIsDamaged: boolean;
  /** Bytes between frames that are none: the disk has lost or changed what was acknowledged. */
  damagedBytes: number;
  /** Bytes behind the last frame: a write that did not end, so nothing in it was acknowledged. */
  unfinishedBytes: number;
}>;

/** Reads every frame that is whole, beyond damaged ones too. Linear in the size of the file. Without its header, the first frame tells the mark. */
export function scanSegment(bytes: Buffer): Scan {
  const headerIsDamaged = !isHeader(bytes);
  const mark = Buffer.from(headerIsDamaged ? bytes.subarray(HEADER_BYTES, HEADER_BYTES + MARK_BYTES) : markOf(bytes));
  const frames: Scan['frames'][number][] = [];
  let damagedBytes = headerIsDamaged ? HEADER_BYTES : 0;
  let expected = HEADER_BYTES;
  let offset = HEADER_BYTES;
  while (offset < bytes.length) {
    const frame = decodeFrame(mark, bytes, offset);
    if (frame === null) {
      const next = mark.length === 0 ? -1 : bytes.indexOf(mark, offset + 1);
      offset = next === -1 ? bytes.length : next;
      continue;
    }
    damagedBytes += offset - expected;
    frames.push({ ...frame, offset });
    offset = frame.end;
    expected = frame.end;
  }
  return { mark, frames, headerIsDamaged, damagedBytes, unfinishedBytes: Math.max(0, bytes.length - expected) };
}
