import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { placeOf } from '../kafka/publisher/outgoing-record.ts';
import { isPending } from './segment.ts';
import { HEADER_BYTES, scanSegment, stateOf, stateOffset } from './segment-format.ts';
import { type SpoolStoreOptions, segmentPaths } from './spool-store.ts';

/** A spool that another process of this machine drains. */
export type WatchedSpool = Readonly<{
  /** Whether records of this place wait there, or may, as it is still being read. */
  holds: (place: string) => boolean;
  stop: () => void;
}>;

const LOOK_MS = 500;

/** The records of a segment by their places: `places[index]`. */
type WatchedSegment = Readonly<{ path: string; places: readonly (string | undefined)[] }>;

/**
 * Follows what waits in a spool without touching it: its records are read once, one segment after the other, then only the states that the draining process
 * writes over in place, until nothing waits any more. A file that is gone holds nothing.
 */
export function watchSpool(directory: string, adapt: SpoolStoreOptions['adapt']): WatchedSpool {
  let segments: WatchedSegment[] = [];
  let held: ReadonlySet<string> | 'all' = 'all';
  let stopped = false;

  const look = async (): Promise<void> => {
    const places = new Set<string>();
    const left: WatchedSegment[] = [];
    for (const segment of segments) {
      const pending = await pendingPlaces(segment);
      if (pending.size > 0) left.push(segment);
      for (const place of pending) places.add(place);
    }
    segments = left;
    held = places;
  };
  const follow = async (): Promise<void> => {
    const names = new Map<string, string>();
    for (const path of segmentPaths(directory)) segments.push(await readSegment(path, adapt, names));
    for (;;) {
      await look();
      if (stopped || segments.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref());
    }
  };
  // What cannot be looked at holds on to what was seen last.
  void follow().catch(() => undefined);
  return {
    holds: (place) => held === 'all' || held.has(place),
    stop: () => {
      stopped = true;
    },
  };
}

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
    if (place !== undefined && isPending(stateOf(states[stateOffset(index)]))) pending.add(place);
  return pending;
}
