import type { SpoolObserver } from './spool-observer.ts';
import type { SpooledRecord } from './spool-store.ts';

/** Records that are too large for their topic. They stay on disk until the next start. */
export type SetAside = Readonly<{
  add: (spooled: SpooledRecord) => void;
  count: () => number;
  /** When the oldest of them was stored, in Unix milliseconds; infinity if there are none. */
  oldestMs: () => number;
}>;

export function createSetAside(observer: Pick<SpoolObserver, 'setAside'>): SetAside {
  let count = 0;
  let oldestMs = Number.POSITIVE_INFINITY;
  return {
    add: ({ segment, entry }) => {
      count += 1;
      oldestMs = Math.min(oldestMs, segment.storedAtMs(entry.index));
      observer.setAside(entry.place, entry.bytes);
    },
    count: () => count,
    oldestMs: () => oldestMs,
  };
}
