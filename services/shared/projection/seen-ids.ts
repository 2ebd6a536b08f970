import { type PackedEntries, packSlots, unpackInto } from './packed-entries.ts';
import type { SeenEntry } from './seen-entry.ts';
import { claimSlot, createSlotTable, FREE, findSlot, NO_SLOT, resize, slotsSince, WORDS } from './slot-table.ts';

/** `new` also stands for an id that was last seen before the horizon; `conflict` is a known id with other content. */
export type Sighting = 'new' | 'duplicate' | 'conflict';

/** The events of one input partition that were counted. All times are log times in milliseconds. */
export type SeenIds = Readonly<{
  /** What is known of the entry's id since `sinceMs`. */
  sighting: (entry: SeenEntry, sinceMs: number) => Sighting;
  /**
   * Adds an entry, unless one of the same digest is as new; adding it twice changes nothing. May drop entries older than
   * `sinceMs`.
   */
  add: (entry: SeenEntry, sinceMs: number) => void;
  /** Adds the bytes that `pack` returned. */
  addPacked: (entries: Buffer, sinceMs: number) => void;
  /** Drops the entries older than `sinceMs`. */
  dropBefore: (sinceMs: number) => void;
  /** The entries not older than `sinceMs`, in parts of at most `maxEntries`; no entry of a part is newer than one of the next. */
  pack: (sinceMs: number, maxEntries: number) => readonly PackedEntries[];
  /** The same, one part at a time. Add nothing until all parts were read. */
  packs: (sinceMs: number, maxEntries: number) => Iterable<PackedEntries>;
  size: () => number;
}>;

export function createSeenIds(): SeenIds {
  const table = createSlotTable();

  const packs = function* (sinceMs: number, maxEntries: number): Generator<PackedEntries> {
    const live = slotsSince(table, sinceMs);
    const { timesMs } = table;
    if (live.length > maxEntries) live.sort((a, b) => (timesMs[a] ?? 0) - (timesMs[b] ?? 0));
    for (let at = 0; at < live.length; at += maxEntries) yield packSlots(table, live.slice(at, at + maxEntries));
  };

  return {
    sighting: ({ id0, id1, id2, id3, content0, content1 }, sinceMs) => {
      const slot = findSlot(table, id0, id1, id2, id3);
      const timeMs = table.timesMs[slot] ?? FREE;
      if (timeMs === FREE || timeMs < sinceMs) return 'new';
      const base = slot * WORDS;
      return table.words[base + 4] === content0 && table.words[base + 5] === content1 ? 'duplicate' : 'conflict';
    },
    add: ({ id0, id1, id2, id3, content0, content1, logTimeMs }, sinceMs) => {
      const slot = claimSlot(table, id0, id1, id2, id3, logTimeMs, sinceMs);
      if (slot === NO_SLOT) return;
      const { words } = table;
      const base = slot * WORDS;
      words[base] = id0;
      words[base + 1] = id1;
      words[base + 2] = id2;
      words[base + 3] = id3;
      words[base + 4] = content0;
      words[base + 5] = content1;
    },
    addPacked: (entries, sinceMs) => unpackInto(table, entries, sinceMs),
    dropBefore: (sinceMs) => resize(table, sinceMs),
    pack: (sinceMs, maxEntries) => [...packs(sinceMs, maxEntries)],
    packs,
    size: () => table.size,
  };
}
