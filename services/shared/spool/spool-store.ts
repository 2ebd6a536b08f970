import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { OutgoingRecord } from '../kafka/publisher/outgoing-record.ts';
import {
  createSegment,
  type Entry,
  type Found,
  isPending,
  type NewRecord,
  openSegment,
  type Segment,
} from './segment.ts';
import { FRAME_HEADER_BYTES, type RecordState } from './segment-format.ts';

/** A record on disk. */
export type SpooledRecord = Readonly<{ segment: Segment; entry: Entry }>;

/** Records on disk, in the order of their arrival: a folder of segments that no other process writes to. */
export type SpoolStore = Readonly<{
  /** Writes all of them and waits until the disk has them. Rejects where it fails; then none of them is stored. */
  append: (records: readonly NewRecord[]) => Promise<readonly SpooledRecord[]>;
  /** Marks records. Rejects where a mark cannot be written; memory has it all the same, so that nothing is done twice while the process lives. */
  mark: (records: readonly SpooledRecord[], state: RecordState) => Promise<void>;
  /** Of the records that are `waiting` or `sending`, in order. */
  pending: () => Iterable<SpooledRecord>;
  /** Removes the segments of which nothing is left, the one that is written to as well. */
  tidy: () => Promise<void>;
  /** Bytes the folder takes, headers and what is done already included. */
  bytes: () => number;
  /** Tries whether the disk takes a segment. Rejects like `append`; never call it while an `append` is under way. */
  probe: () => Promise<void>;
  close: () => Promise<void>;
}>;

export type SpoolStoreOptions = Readonly<{
  directory: string;
  maxBytes: number;
  /** Turns a record as it was stored by a process before into the one to send: its partition may be another one by now. */
  adapt: (record: OutgoingRecord) => OutgoingRecord;
  /** Called for what a segment held beyond whole records, when it was opened. */
  onFound: (path: string, found: Found) => void;
}>;

const MAX_SEGMENT_BYTES = 8 * 1024 * 1024;
/** A segment leaves the disk as a whole, so a small spool has small ones. */
const SEGMENTS = 16;

const nameOf = (number: number): string => `${String(number).padStart(8, '0')}.spool`;
const numberOf = (name: string): number | null => (/^\d{8}\.spool$/.test(name) ? Number(name.slice(0, 8)) : null);

/** The paths of the segments in a folder, in order; none where there is no folder. */
export function segmentPaths(directory: string): readonly string[] {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names
    .filter((name) => numberOf(name) !== null)
    .sort()
    .map((name) => join(directory, name));
}

/** Opens the store, and creates its folder where there is none. Rejects where the folder cannot be read or holds a spool of an earlier format. */
export async function openSpoolStore({ directory, maxBytes, adapt, onFound }: SpoolStoreOptions): Promise<SpoolStore> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (existsSync(join(directory, 'CURRENT')))
    throw new Error(
      `${directory} holds a spool of an earlier version: let that version drain it, or remove it if nothing in it matters`,
    );
  const segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.ceil(maxBytes / SEGMENTS));
  const segments: Segment[] = [];
  let next = 1;
  for (const path of segmentPaths(directory)) {
    next = (numberOf(basename(path)) ?? next) + 1;
    const opened = await openSegment(path, adapt);
    if (opened === null) continue;
    segments.push(opened.segment);
    onFound(path, opened.found);
  }

  const writable = async (records: number): Promise<Segment> => {
    const last = segments.at(-1);
    if (last?.hasRoom(records)) return last;
    const segment = await createSegment(join(directory, nameOf(next)), segmentBytes);
    next += 1;
    segments.push(segment);
    return segment;
  };

  return {
    append: async (records) => {
      const segment = await writable(records.length);
      const entries = await segment.append(records);
      return entries.map((entry) => ({ segment, entry }));
    },
    mark: async (records, state) => {
      const bySegment = Map.groupBy(records, ({ segment }) => segment);
      for (const [segment, own] of bySegment)
        await segment.mark(
          own.map(({ entry }) => entry.index),
          state,
        );
    },
    pending: function* () {
      for (const segment of segments) {
        if (segment.pending() === 0) continue;
        for (const entry of segment.entries) if (isPending(segment.stateOf(entry.index))) yield { segment, entry };
      }
    },
    tidy: async () => {
      for (const segment of [...segments]) {
        if (!segment.isDone()) continue;
        segments.splice(segments.indexOf(segment), 1);
        await segment.remove();
      }
    },
    bytes: () => segments.reduce((sum, segment) => sum + segment.bytes(), 0),
    probe: async () => {
      const segment = await createSegment(join(directory, nameOf(next)), segmentBytes);
      await segment.remove();
    },
    close: async () => {
      for (const segment of segments) await segment.close();
    },
  };
}

/** The bytes of a record with a payload of so many. */
export const frameBytes = (payloadBytes: number): number => FRAME_HEADER_BYTES + payloadBytes;
