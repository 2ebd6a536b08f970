import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { OutgoingRecord } from '../../shared/kafka/publisher/outgoing-record.ts';

/**
 * A segment is a file: a header, then one frame per record in order of arrival. Integers are unsigned and big-endian.
 *
 *              offset   bytes   content
 *     header        0       8   magic, `VXTSPOOL`
 *                   8       8   mark, random for each segment
 *                  16      16   reserved
 *                  32   4,064   states: one byte per record, overwritten in place
 *     frame         0       8   the segment's mark
 *                   8       4   p: length of the payload
 *                  12       4   CRC-32 of index and payload
 *                  16       4   index of the record in its segment
 *                  20       p   payload
 *     payload       0       4   j: length of the JSON
 *                   4       j   JSON: the record without its value, `storedAtMs`, `tombstone`
 *               4 + j   p-4-j   value
 *
 * The whole header is allocated when the segment is created, so a state can be written even on a full disk. No sender
 * knows a segment's mark, so nothing inside a payload can be mistaken for a frame.
 */
export const HEADER_BYTES = 4_096;
const MARK_BYTES = 8;
const FRAME_HEADER_BYTES = MARK_BYTES + 12;
const STATES_AT = 32;
const HEADER_MAGIC = Buffer.from('VXTSPOOL');

/** Records per segment: the header has a state byte for each. */
export const MAX_RECORDS = HEADER_BYTES - STATES_AT;

/**
 * What has become of a record.
 * - `sending`: it was given to Kafka and no outcome is on disk, so it may be in the log.
 * - `aside`: it is too large for its topic.
 */
const recordStates = ['waiting', 'sending', 'done', 'aside'] as const;
export type RecordState = (typeof recordStates)[number];

/** A record and when it was stored, in Unix milliseconds. */
export type StoredRecord = Readonly<{ record: OutgoingRecord; storedAtMs: number }>;

/** Whether a record in this state still has to be sent. */
export const isPending = (state: RecordState): boolean => state === 'waiting' || state === 'sending';

/** The header of a new segment, with every record `waiting`. */
export function createHeader(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  HEADER_MAGIC.copy(header);
  randomBytes(MARK_BYTES).copy(header, HEADER_MAGIC.length);
  return header;
}

const isHeader = (bytes: Buffer): boolean => bytes.subarray(0, HEADER_MAGIC.length).equals(HEADER_MAGIC);

/** The mark in a segment's header. */
export const markOf = (header: Buffer): Buffer =>
  header.subarray(HEADER_MAGIC.length, HEADER_MAGIC.length + MARK_BYTES);

/** Position of a record's state byte in the file. */
export const stateOffset = (index: number): number => STATES_AT + index;
export const encodeState = (state: RecordState): number => recordStates.indexOf(state);
/** A byte that no version wrote reads as `sending`: the record is sent, and counted as a possible duplicate. */
export const decodeState = (byte: number | undefined): RecordState => recordStates[byte ?? 1] ?? 'sending';

/** The size of a frame in bytes. */
export const frameBytes = (payloadBytes: number): number => FRAME_HEADER_BYTES + payloadBytes;

/** A record as bytes. Its frame header follows once its index in a segment is known. */
export function encodePayload({ record, storedAtMs }: StoredRecord): Buffer {
  const { value, ...rest } = record;
  const meta = Buffer.from(JSON.stringify({ ...rest, storedAtMs, tombstone: value === null }));
  const payload = Buffer.allocUnsafe(4 + meta.length + (value?.length ?? 0));
  payload.writeUInt32BE(meta.length);
  meta.copy(payload, 4);
  value?.copy(payload, 4 + meta.length);
  return payload;
}

/** What precedes the payload of the record at `index`. */
export function frameHeader(mark: Buffer, index: number, payload: Buffer): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  mark.copy(header);
  header.writeUInt32BE(payload.length, MARK_BYTES);
  header.writeUInt32BE(index, MARK_BYTES + 8);
  header.writeUInt32BE(crc32(payload, crc32(header.subarray(MARK_BYTES + 8))), MARK_BYTES + 4);
  return header;
}

/** The record in the frame at `offset`, or null if there is no complete, undamaged frame. Its value shares memory with `bytes`. */
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

/** The contents of a segment's file. */
export type Scan = Readonly<{
  mark: Buffer;
  frames: readonly (StoredRecord & Readonly<{ index: number; offset: number; end: number }>)[];
  headerIsDamaged: boolean;
  /** Bytes before the last frame that belong to no frame: the disk lost or changed acknowledged data. */
  damagedBytes: number;
  /** Bytes after the last frame: an interrupted write, so nothing in it was acknowledged. */
  unfinishedBytes: number;
}>;

/** Reads every intact frame, including those behind damaged ones, in linear time. With a damaged header, the first frame supplies the mark. */
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
