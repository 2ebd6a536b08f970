import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { type OutgoingRecord, placeOf } from '../../shared/kafka/publisher/outgoing-record.ts';
import { type Segment, segmentOf } from './segment.ts';
import { segmentFile, writeAll } from './segment-file.ts';
import {
  createHeader,
  decodeState,
  encodeState,
  HEADER_BYTES,
  MAX_RECORDS,
  markOf,
  type Scan,
  scanSegment,
  stateOffset,
} from './segment-format.ts';
import { syncDirectory } from './sync-directory.ts';

/** Creates an empty segment. If the disk has no room for its header, it rejects and leaves no file behind. */
export async function createSegment(path: string, maxBytes: number): Promise<Segment> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  const header = createHeader();
  try {
    await writeAll(file, [header], 0);
    await file.datasync();
    await syncDirectory(path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
  return segmentOf(segmentFile(path, file, HEADER_BYTES), {
    header,
    mark: markOf(header),
    entries: [],
    times: new Float64Array(MAX_RECORDS),
    isDamaged: false,
    maxBytes,
    adapt: (record) => record,
  });
}

/** What a segment held besides intact records when it was opened; both 0 after a clean stop. */
export type Leftovers = Pick<Scan, 'damagedBytes' | 'unfinishedBytes'>;

/**
 * Opens a segment that another process wrote, read-only but for its states; records that were set aside wait again. `adapt` turns a record as stored into the
 * one to send. Null for a file shorter than a header: nothing was stored in it, and it is removed.
 */
export async function openSegment(
  path: string,
  adapt: (record: OutgoingRecord) => OutgoingRecord,
): Promise<Readonly<{ segment: Segment; leftovers: Leftovers }> | null> {
  const file = await open(path, constants.O_RDWR);
  const bytes = await file.readFile();
  if (bytes.length < HEADER_BYTES) {
    await file.close();
    await rm(path);
    return null;
  }
  const { mark, frames, headerIsDamaged, damagedBytes, unfinishedBytes } = scanSegment(bytes);
  const header = Buffer.from(bytes.subarray(0, HEADER_BYTES));
  // Any record may have been sent: the states are lost.
  if (headerIsDamaged) header.fill(encodeState('sending'), stateOffset(0));
  const times = new Float64Array(MAX_RECORDS);
  // One string per place, shared by its records: a string for each of millions of records would dominate memory.
  const places = new Map<string, string>();
  const entries = frames.map(({ index, offset, end, record, storedAtMs }) => {
    if (decodeState(header[stateOffset(index)]) === 'aside') header[stateOffset(index)] = encodeState('waiting');
    times[index] = storedAtMs;
    const place = placeOf(adapt(record));
    if (!places.has(place)) places.set(place, place);
    return { index, offset, bytes: end - offset, place: places.get(place) ?? place };
  });
  const content = { header, mark, entries, times, isDamaged: damagedBytes > 0, maxBytes: 0, adapt };
  return {
    segment: segmentOf(segmentFile(path, file, bytes.length), content),
    leftovers: { damagedBytes, unfinishedBytes },
  };
}
