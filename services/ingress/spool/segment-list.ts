import { createSegment } from './open-segment.ts';
import type { Segment } from './segment.ts';
import { segmentPath } from './segment-paths.ts';

/** The open segments of a spool: those that an earlier process left, then those that this one writes. */
export type SegmentList = Readonly<{
  all: () => readonly Segment[];
  addLoaded: (segment: Segment) => void;
  /** A segment with room for this many records, created if necessary. */
  writable: (records: number) => Promise<Segment>;
  /** A new segment that is not in the list. */
  create: () => Promise<Segment>;
  remove: (segment: Segment) => Promise<void>;
}>;

export function createSegmentList(directory: string, segmentBytes: number, firstNumber: number): SegmentList {
  const loaded: Segment[] = [];
  const written: Segment[] = [];
  let next = firstNumber;
  // A number is used once, so a file that cannot be removed blocks nothing.
  const create = (): Promise<Segment> => {
    const path = segmentPath(directory, next);
    next += 1;
    return createSegment(path, segmentBytes);
  };
  return {
    all: () => [...loaded, ...written],
    addLoaded: (segment) => void loaded.push(segment),
    writable: async (records) => {
      const last = written.at(-1);
      if (last?.hasRoom(records)) return last;
      const segment = await create();
      written.push(segment);
      return segment;
    },
    create,
    remove: async (segment) => {
      for (const list of [loaded, written]) if (list.includes(segment)) list.splice(list.indexOf(segment), 1);
      await segment.remove();
    },
  };
}
