import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
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
  /** Reads what a process before left; `onLoaded` is called for each segment. Until it is done nobody knows what waits, and `pending` is not to be asked. */
  load: (onLoaded: (segment: Segment) => void) => Promise<void>;
  /** How many segments are not loaded yet. */
  unloaded: () => number;
  /** Writes all of them and waits until the disk has them. Rejects where it fails; then none of them is stored. */
  append: (records: readonly NewRecord[]) => Promise<readonly SpooledRecord[]>;
  /** Marks records. Rejects where a mark cannot be written; memory has it all the same, so that nothing is done twice while the process lives. */
  mark: (records: readonly SpooledRecord[], state: RecordState) => Promise<void>;
  /** Of the records that are `waiting` or `sending` for one of these places, in order. */
  pending: (places: ReadonlySet<string>) => Iterable<SpooledRecord>;
  /** When the oldest record was stored that is `waiting` or `sending`, in milliseconds of Unix time; null where there is none. */
  oldestMs: () => number | null;
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
  /** Called for what a segment held beyond whole records, when it was opened, and for one that could not be: it is tried again at the next start. */
  onFound: (path: string, found: Found) => void;
  onUnreadable: (error: unknown) => void;
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

/**
 * Opens the store for writing, and creates its folder where there is none; what lies there is read by `load`. Throws where the folder cannot be read or holds a
 * spool of an earlier format.
 */
export function openSpoolStore({ directory, maxBytes, adapt, onFound, onUnreadable }: SpoolStoreOptions): SpoolStore {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (existsSync(join(directory, 'CURRENT')))
    throw new Error(
      `${directory} holds a spool of an earlier version: let that version drain it, or remove it if nothing in it matters`,
    );
  const segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.ceil(maxBytes / SEGMENTS));
  const unloaded = [...segmentPaths(directory)];
  const sizes = new Map(unloaded.map((path) => [path, statSync(path).size]));
  let next = (numberOf(basename(unloaded.at(-1) ?? '')) ?? 0) + 1;
  const loaded: Segment[] = [];
  const written: Segment[] = [];
  const segments = (): readonly Segment[] => [...loaded, ...written];

  /** A number is used once, so that a file which cannot be removed stands in nobody's way. */
  const create = (): Promise<Segment> => {
    const path = join(directory, nameOf(next));
    next += 1;
    return createSegment(path, segmentBytes);
  };
  const writable = async (records: number): Promise<Segment> => {
    const last = written.at(-1);
    if (last?.hasRoom(records)) return last;
    const segment = await create();
    written.push(segment);
    return segment;
  };
  const drop = async (segment: Segment): Promise<void> => {
    for (const list of [loaded, written]) if (list.includes(segment)) list.splice(list.indexOf(segment), 1);
    await segment.remove();
  };
  const tidy = async (): Promise<void> => {
    for (const segment of segments()) if (segment.isDone()) await drop(segment);
  };

  return {
    load: async (onLoaded) => {
      for (let path = unloaded[0]; path !== undefined; path = unloaded[0]) {
        const opened = await openSegment(path, adapt).catch((error: unknown) => {
          onUnreadable(error);
          return null;
        });
        unloaded.shift();
        if (opened === null) continue;
        loaded.push(opened.segment);
        onFound(path, opened.found);
        onLoaded(opened.segment);
      }
      await tidy();
    },
    unloaded: () => unloaded.length,
    append: async (records) => {
      const segment = await writable(records.length);
      try {
        const entries = await segment.append(records);
        return entries.map((entry) => ({ segment, entry }));
      } catch (error) {
        // One that was never written to would take the room of a header for nothing.
        if (segment.isDone()) await drop(segment).catch(() => undefined);
        throw error;
      }
    },
    mark: async (records, state) => {
      const bySegment = Map.groupBy(records, ({ segment }) => segment);
      for (const [segment, own] of bySegment)
        await segment.mark(
          own.map(({ entry }) => entry),
          state,
        );
    },
    pending: function* (places) {
      for (const segment of segments()) {
        if (![...segment.pending.keys()].some((place) => places.has(place))) continue;
        for (const entry of segment.entries)
          if (places.has(entry.place) && isPending(segment.stateOf(entry.index))) yield { segment, entry };
      }
    },
    oldestMs: () => {
      const segment = segments().find(({ pending }) => pending.size > 0);
      const entry = segment?.entries.find(({ index }) => isPending(segment.stateOf(index)));
      return segment === undefined || entry === undefined ? null : segment.storedAtMs(entry.index);
    },
    tidy,
    bytes: () =>
      segments().reduce((sum, segment) => sum + segment.bytes(), 0) +
      unloaded.reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0),
    probe: async () => drop(await create()),
    close: async () => {
      for (const segment of segments()) await segment.close();
    },
  };
}

/** The bytes of a record with a payload of so many. */
export const frameBytes = (payloadBytes: number): number => FRAME_HEADER_BYTES + payloadBytes;
