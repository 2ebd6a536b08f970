import { hash } from 'node:crypto';

/** Bytes of an entry: 16 of the id's digest, 8 of the content's, 8 of the log time. */
export const SEEN_ENTRY_BYTES = 32;

/**
 * An event as dedupe knows it: 128 bits of its id's digest, 64 of its content's, each 32 of them as a signed number that
 * the bytes give, the least first; and when it came, by log time.
 */
export type SeenEntry = Readonly<{
  id0: number;
  id1: number;
  id2: number;
  id3: number;
  content0: number;
  content1: number;
  /** Unix time in milliseconds. */
  logTimeMs: number;
}>;

/**
 * The entry of an event. `id` names it within its input; `content` are the bytes two copies of it share. Node makes a
 * digest as a string of one character a byte in a third of the time that it needs for a Buffer.
 */
export function seenEntry(id: string, content: Buffer, logTimeMs: number): SeenEntry {
  const idDigest = hash('sha256', id, 'binary');
  const contentDigest = hash('sha256', content, 'binary');
  return {
    id0: wordOf(idDigest, 0),
    id1: wordOf(idDigest, 4),
    id2: wordOf(idDigest, 8),
    id3: wordOf(idDigest, 12),
    content0: wordOf(contentDigest, 0),
    content1: wordOf(contentDigest, 4),
    logTimeMs,
  };
}

const wordOf = (text: string, at: number): number =>
  text.charCodeAt(at) |
  (text.charCodeAt(at + 1) << 8) |
  (text.charCodeAt(at + 2) << 16) |
  (text.charCodeAt(at + 3) << 24);

/** What is known of an event: never seen (or longer ago than the horizon), seen as it is, or seen with other content. */
export type Sighting = 'new' | 'duplicate' | 'conflict';

/** Entries as bytes, `SEEN_ENTRY_BYTES` each. */
export type PackedEntries = Readonly<{ newestLogTimeMs: number; entries: Buffer }>;

/**
 * The events of one input partition that were counted, in one open-addressing table: a Map of strings
 * would take several times as much. Entries older than the horizon are let go when the table grows.
 */
export type SeenIds = Readonly<{
  /** What is known of the entry's id since `sinceMs` (log time). */
  sighting: (entry: SeenEntry, sinceMs: number) => Sighting;
  /**
   * Adds an entry; a newer one takes the place of an older one of the same digest, the same twice changes nothing.
   * Entries older than `sinceMs` may be let go.
   */
  add: (entry: SeenEntry, sinceMs: number) => void;
  /** Adds what `pack` packed. */
  addPacked: (entries: Buffer, sinceMs: number) => void;
  /** Lets go of the entries older than `sinceMs`. */
  forget: (sinceMs: number) => void;
  /** The entries not older than `sinceMs`, at most so many in each part; of several parts each is older than the next. */
  pack: (sinceMs: number, atMost: number) => readonly PackedEntries[];
  /** The same, a part at a time; nothing may be added meanwhile. */
  packs: (sinceMs: number, atMost: number) => Iterable<PackedEntries>;
  size: () => number;
}>;

/** Of an entry in memory: four of the id's digest, two of the content's; its time is kept beside. */
const WORDS = 6;
/** A power of two, as all numbers of slots are. */
const LEAST_SLOTS = 64;
const FULLEST = 0.6;
/** After old entries were let go there must be room, or the table would be copied again soon. */
const HEADROOM = 1.3;
const WORD = 2 ** 32;
/** Odd, so that its multiples reach every slot. Entries packed in the order of slots would crowd in the table they are added to. */
const SCATTER = 0x9e3779b1;

export function createSeenIds(): SeenIds {
  let slots = LEAST_SLOTS;
  let words = new Int32Array(slots * WORDS);
  let times = new Float64Array(slots).fill(-Infinity);
  let size = 0;

  /** The slot that holds this digest, or the free one where it belongs. A free slot has the time -Infinity. */
  const slotOf = (id0: number, id1: number, id2: number, id3: number): number => {
    for (let slot = id0 & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      if (times[slot] === -Infinity) return slot;
      const base = slot * WORDS;
      if (words[base] === id0 && words[base + 1] === id1 && words[base + 2] === id2 && words[base + 3] === id3) {
        return slot;
      }
    }
  };

  const grow = (sinceMs: number): void => {
    const old = { slots, words, times };
    let kept = 0;
    const isKept = (time: number): boolean => time !== -Infinity && time >= sinceMs;
    for (const time of old.times) if (isKept(time)) kept += 1;
    slots = Math.max(LEAST_SLOTS, 2 ** Math.ceil(Math.log2(((kept + 1) / FULLEST) * HEADROOM)));
    words = new Int32Array(slots * WORDS);
    times = new Float64Array(slots).fill(-Infinity);
    size = 0;
    for (let slot = 0; slot < old.slots; slot += 1) {
      const time = old.times[slot] ?? -Infinity;
      if (!isKept(time)) continue;
      let target = (old.words[slot * WORDS] ?? 0) & (slots - 1);
      while (times[target] !== -Infinity) target = (target + 1) & (slots - 1);
      for (let word = 0; word < WORDS; word += 1) {
        words[target * WORDS + word] = old.words[slot * WORDS + word] ?? 0;
      }
      times[target] = time;
      size += 1;
    }
  };

  /** The slot to write this digest's entry to; -1 where a newer one is there. */
  const claim = (id0: number, id1: number, id2: number, id3: number, timeMs: number, sinceMs: number): number => {
    if (size + 1 > slots * FULLEST) grow(sinceMs);
    const slot = slotOf(id0, id1, id2, id3);
    const known = times[slot] ?? -Infinity;
    if (known >= timeMs) return -1;
    if (known === -Infinity) size += 1;
    times[slot] = timeMs;
    return slot;
  };

  const packs = function* (sinceMs: number, atMost: number): Generator<PackedEntries> {
    const live: number[] = [];
    for (let index = 0; index < slots; index += 1) {
      const slot = Math.imul(index, SCATTER) & (slots - 1);
      const time = times[slot] ?? -Infinity;
      if (time !== -Infinity && time >= sinceMs) live.push(slot);
    }
    if (live.length > atMost) live.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
    for (let at = 0; at < live.length; at += atMost) yield packSlots(live.slice(at, at + atMost), words, times);
  };

  return {
    sighting: ({ id0, id1, id2, id3, content0, content1 }, sinceMs) => {
      const slot = slotOf(id0, id1, id2, id3);
      const timeMs = times[slot] ?? -Infinity;
      if (timeMs === -Infinity || timeMs < sinceMs) return 'new';
      const base = slot * WORDS;
      return words[base + 4] === content0 && words[base + 5] === content1 ? 'duplicate' : 'conflict';
    },
    add: ({ id0, id1, id2, id3, content0, content1, logTimeMs }, sinceMs) => {
      const slot = claim(id0, id1, id2, id3, logTimeMs, sinceMs);
      if (slot === -1) return;
      const base = slot * WORDS;
      words[base] = id0;
      words[base + 1] = id1;
      words[base + 2] = id2;
      words[base + 3] = id3;
      words[base + 4] = content0;
      words[base + 5] = content1;
    },
    addPacked: (entries, sinceMs) => {
      const word = (at: number): number => entries.readInt32LE(at);
      for (let at = 0; at + SEEN_ENTRY_BYTES <= entries.length; at += SEEN_ENTRY_BYTES) {
        const timeMs = entries.readInt32BE(at + 24) * WORD + entries.readUInt32BE(at + 28);
        const slot = claim(word(at), word(at + 4), word(at + 8), word(at + 12), timeMs, sinceMs);
        if (slot === -1) continue;
        for (let index = 0; index < WORDS; index += 1) words[slot * WORDS + index] = word(at + index * 4);
      }
    },
    forget: grow,
    pack: (sinceMs, atMost) => [...packs(sinceMs, atMost)],
    packs,
    size: () => size,
  };
}

function packSlots(slots: readonly number[], words: Int32Array, times: Float64Array): PackedEntries {
  const entries = Buffer.allocUnsafe(slots.length * SEEN_ENTRY_BYTES);
  let newestLogTimeMs = -Infinity;
  let at = 0;
  for (const slot of slots) {
    for (let word = 0; word < WORDS; word += 1) entries.writeInt32LE(words[slot * WORDS + word] ?? 0, at + word * 4);
    const timeMs = times[slot] ?? -Infinity;
    entries.writeInt32BE(Math.floor(timeMs / WORD), at + 24);
    entries.writeUInt32BE(timeMs - Math.floor(timeMs / WORD) * WORD, at + 28);
    newestLogTimeMs = Math.max(newestLogTimeMs, timeMs);
    at += SEEN_ENTRY_BYTES;
  }
  return { newestLogTimeMs, entries };
}
