import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { OutgoingRecord } from '../../shared/kafka/publisher/outgoing-record.ts';
import { type Leftovers, openSegment } from './open-segment.ts';
import type { Entry, NewRecord, Segment } from './segment.ts';
import { isPending, type RecordState } from './segment-format.ts';
import { createSegmentList } from './segment-list.ts';
import { segmentNumber, segmentPaths } from './segment-paths.ts';

/** A record on disk. */
export type SpooledRecord = Readonly<{ segment: Segment; entry: Entry }>;

/** Records on disk in order of arrival: a folder of segments that no other process writes to. */
export type SpoolStore = Readonly<{
  /** Reads what an earlier process left, and calls `onLoaded` for each segment. Do not call `pending` before it resolves: it would miss records. */
  load: (onLoaded: (segment: Segment) => void) => Promise<void>;
  /** How many segments are not loaded yet. */
  unloaded: () => number;
  /** Writes all records and waits until the disk has them. If it rejects, none of them is stored. */
  append: (records: readonly NewRecord[]) => Promise<readonly SpooledRecord[]>;
  /** Sets the state of records. Rejects if the disk fails; the state in memory is set regardless, so that this process does nothing twice. */
  mark: (records: readonly SpooledRecord[], state: RecordState) => Promise<void>;
  /** The records that are `waiting` or `sending` for these places, in order. */
  pending: (places: ReadonlySet<string>) => Iterable<SpooledRecord>;
  /** When the oldest record that is `waiting` or `sending` was stored, in Unix milliseconds; null if there is none. */
  oldestMs: () => number | null;
  /** Removes segments whose records are all done, including the one being written to. */
  removeDone: () => Promise<void>;
  /** Bytes on disk, including headers and done records. */
  bytes: () => number;
  /** Creates and removes a segment, to see whether the disk accepts one. Rejects like `append`; never call it during an `append`. */
  probe: () => Promise<void>;
  close: () => Promise<void>;
}>;

export type SpoolStoreOptions = Readonly<{
  directory: string;
  maxBytes: number;
  /** Turns a record that an earlier process stored into the one to send: its partition may have changed. */
  adapt: (record: OutgoingRecord) => OutgoingRecord;
  onLeftovers: (path: string, leftovers: Leftovers) => void;
  /** A segment could not be opened; the next start tries again. */
  onUnreadable: (error: unknown) => void;
}>;

const MAX_SEGMENT_BYTES = 8 * 1024 * 1024;
/** Disk space is freed a segment at a time, so a small spool needs small segments. */
const MIN_SEGMENTS = 16;

/**
 * Opens the store for writing and creates its folder if necessary; `load` reads what is already in it. Throws if the folder cannot be read or holds a spool in an
 * earlier format.
 */
export function openSpoolStore(options: SpoolStoreOptions): SpoolStore {
  const { directory, maxBytes, adapt, onLeftovers, onUnreadable } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  rejectEarlierFormat(directory);
  const segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.ceil(maxBytes / MIN_SEGMENTS));
  const unloaded = [...segmentPaths(directory)];
  const sizes = new Map(unloaded.map((path) => [path, statSync(path).size]));
  const newest = unloaded.at(-1);
  const segments = createSegmentList(directory, segmentBytes, newest === undefined ? 1 : segmentNumber(newest) + 1);
  const removeDone = async (): Promise<void> => {
    for (const segment of segments.all()) if (segment.isDone()) await segments.remove(segment);
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
        segments.addLoaded(opened.segment);
        onLeftovers(path, opened.leftovers);
        onLoaded(opened.segment);
      }
      await removeDone();
    },
    unloaded: () => unloaded.length,
    append: async (records) => {
      const segment = await segments.writable(records.length);
      try {
        const entries = await segment.append(records);
        return entries.map((entry) => ({ segment, entry }));
      } catch (error) {
        // An empty segment would only waste the space of its header.
        if (segment.isDone()) await segments.remove(segment).catch(() => undefined);
        throw error;
      }
    },
    mark: async (records, state) => {
      for (const [segment, entries] of entriesBySegment(records)) await segment.mark(entries, state);
    },
    pending: (places) => pendingOf(segments.all(), places),
    oldestMs: () => oldestPendingMs(segments.all()),
    removeDone,
    bytes: () =>
      segments.all().reduce((sum, segment) => sum + segment.bytes(), 0) +
      unloaded.reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0),
    probe: async () => segments.remove(await segments.create()),
    close: async () => {
      for (const segment of segments.all()) await segment.close();
    },
  };
}

function rejectEarlierFormat(directory: string): void {
  if (!existsSync(join(directory, 'CURRENT'))) return;
  throw new Error(
    `${directory} holds a spool of an earlier version: let that version drain it, or remove it if nothing in it matters`,
  );
}

const entriesBySegment = (records: readonly SpooledRecord[]): ReadonlyMap<Segment, readonly Entry[]> =>
  new Map(
    [...Map.groupBy(records, ({ segment }) => segment)].map(([segment, own]) => [
      segment,
      own.map(({ entry }) => entry),
    ]),
  );

function* pendingOf(segments: readonly Segment[], places: ReadonlySet<string>): Generator<SpooledRecord> {
  for (const segment of segments) {
    if (![...segment.pending.keys()].some((place) => places.has(place))) continue;
    for (const entry of segment.entries)
      if (places.has(entry.place) && isPending(segment.stateOf(entry.index))) yield { segment, entry };
  }
}

function oldestPendingMs(segments: readonly Segment[]): number | null {
  const segment = segments.find(({ pending }) => pending.size > 0);
  const entry = segment?.entries.find(({ index }) => isPending(segment.stateOf(index)));
  return segment === undefined || entry === undefined ? null : segment.storedAtMs(entry.index);
}
