import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { placeOf } from '../kafka/publisher/outgoing-record.ts';
import { isPending } from './segment.ts';
import { HEADER_BYTES, scanSegment, stateOf, stateOffset } from './segment-format.ts';
import { type SpoolStoreOptions, segmentPaths } from './spool-store.ts';

/** A spool that another process of this machine drains. */
export type WatchedSpool = Readonly<{
  /** Whether records of this place wait there. */
  holds: (place: string) => boolean;
  stop: () => void;
}>;

const LOOK_MS = 500;

/** The places of the records that wait in a segment, by their index. */
type WatchedSegment = Readonly<{ path: string; places: ReadonlyMap<number, string> }>;

/**
 * Follows what waits in a spool without touching it: its records are read once, then only the states that the draining process writes over in place. A file that
 * is gone holds nothing.
 */
export async function watchSpool(directory: string, adapt: SpoolStoreOptions['adapt']): Promise<WatchedSpool> {
  const segments = await Promise.all(
    segmentPaths(directory).map(async (path): Promise<WatchedSegment> => {
      const bytes = await readFile(path).catch(() => Buffer.alloc(0));
      const { frames } = scanSegment(bytes);
      return { path, places: new Map(frames.map(({ index, record }) => [index, placeOf(adapt(record))])) };
    }),
  );
  let held = new Set<string>();
  const look = async (): Promise<void> => {
    const places = await Promise.all(segments.map(pendingPlaces));
    held = new Set(places.flat());
    if (held.size === 0) clearInterval(timer);
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  timer.unref();
  await look();
  return { holds: (place) => held.has(place), stop: () => clearInterval(timer) };
}

async function pendingPlaces({ path, places }: WatchedSegment): Promise<readonly string[]> {
  if (!existsSync(path)) return [];
  const states = Buffer.alloc(HEADER_BYTES);
  try {
    const file = await open(path, 'r');
    try {
      await file.read(states, 0, HEADER_BYTES, 0);
    } finally {
      await file.close();
    }
  } catch {
    return existsSync(path) ? [...places.values()] : [];
  }
  return [...places].flatMap(([index, place]) => (isPending(stateOf(states[stateOffset(index)])) ? [place] : []));
}
