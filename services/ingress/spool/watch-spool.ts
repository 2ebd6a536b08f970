import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { placeOf } from '../../shared/kafka/publisher/outgoing-record.ts';
import { decodeState, HEADER_BYTES, isPending, scanSegment, stateOffset } from './segment-format.ts';
import { segmentPaths } from './segment-paths.ts';
import type { SpoolStoreOptions } from './spool-store.ts';

/** A spool that another process on this machine drains. */
export type WatchedSpool = Readonly<{
  /** Whether records of this place wait there, or may while it is still being read. */
  holds: (place: string) => boolean;
  stop: () => void;
}>;

const CHECK_MS = 500;

/** The places of a segment's records, by index. */
type WatchedSegment = Readonly<{ path: string; places: readonly (string | undefined)[] }>;

/**
 * Watches a spool without writing to it. Its records are read once, segment by segment; after that only their states, which the draining process overwrites in
 * place, until no record waits. A file that has been removed holds nothing.
 */
export function watchSpool(directory: string, adapt: SpoolStoreOptions['adapt']): WatchedSpool {
  let segments: WatchedSegment[] = [];
  let held: ReadonlySet<string> | 'all' = 'all';
  let stopped = false;

  const checkStates = async (): Promise<void> => {
    const places = new Set<string>();
    const remaining: WatchedSegment[] = [];
    for (const segment of segments) {
      const pending = await pendingPlaces(segment);
      if (pending.size > 0) remaining.push(segment);
      for (const place of pending) places.add(place);
    }
    segments = remaining;
    held = places;
  };
  const watch = async (): Promise<void> => {
    const names = new Map<string, string>();
    for (const path of segmentPaths(directory)) segments.push(await readSegment(path, adapt, names));
    for (;;) {
      await checkStates();
      if (stopped || segments.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, CHECK_MS).unref());
    }
  };
  // After a failure, `holds` keeps its last answers: that delays records, but never reorders them.
  void watch().catch(() => undefined);
  return {
    holds: (place) => held === 'all' || held.has(place),
    stop: () => {
      stopped = true;
    },
  };
}

/** `names` has one string per place, shared by all records. */
async function readSegment(
  path: string,
  adapt: SpoolStoreOptions['adapt'],
  names: Map<string, string>,
): Promise<WatchedSegment> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const places: (string | undefined)[] = [];
  for (const { index, record } of scanSegment(bytes).frames) {
    const place = placeOf(adapt(record));
    if (!names.has(place)) names.set(place, place);
    places[index] = names.get(place);
  }
  return { path, places };
}

async function pendingPlaces({ path, places }: WatchedSegment): Promise<ReadonlySet<string>> {
  const states = Buffer.alloc(HEADER_BYTES);
  try {
    const file = await open(path, 'r');
    try {
      await file.read(states, 0, HEADER_BYTES, 0);
    } finally {
      await file.close();
    }
  } catch {
    if (!existsSync(path)) return new Set();
  }
  const pending = new Set<string>();
  for (const [index, place] of places.entries())
    if (place !== undefined && isPending(decodeState(states[stateOffset(index)]))) pending.add(place);
  return pending;
}
