import { hash } from 'node:crypto';

/** Bytes of an entry: 16 of the id's digest, 8 of the content's, 8 of the log time. */
export const SEEN_ENTRY_BYTES = 32;

/**
 * An event as dedupe knows it: digests of its id and content, one character a byte, and when it came, by log time. Node makes a digest as a string in a third of the
 * time that it needs for a Buffer.
 */
export type SeenEntry = Readonly<{ digest: string; content: string; logTimeMs: number }>;

/** The entry of an event. `id` names it within its input; `content` are the bytes two copies of it share. */
export function seenEntry(id: string, content: Buffer, logTimeMs: number): SeenEntry {
  return {
    digest: hash('sha256', id, 'binary').slice(0, 16),
    content: hash('sha256', content, 'binary').slice(0, 8),
    logTimeMs,
  };
}

/** What is known of an event: never seen (or longer ago than the horizon), seen as it is, or seen with other content. */
export type Sighting = 'new' | 'duplicate' | 'conflict';

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
  /** Adds what `packEntries` packed. */
  addPacked: (entries: Buffer, sinceMs: number) => void;
  /** The entries not older than `sinceMs` as bytes, at most so many in each part. */
  pack: (sinceMs: number, atMost: number) => readonly Readonly<{ newestLogTimeMs: number; entries: Buffer }>[];
  size: () => number;
}>;

/** Of an entry in memory: four of the id's digest, two of the content's; its time is kept beside. */
const WORDS = 6;
const LEAST_SLOTS = 64;
const FULLEST = 0.6;
/** After old entries were let go there must be room, or the table would be copied again soon. */
const HEADROOM = 1.3;

type Words = readonly [number, number, number, number, number, number];

/** Four bytes of a text of one character a byte, the least first, as they would be read from its bytes. */
const wordOf = (text: string, at: number): number =>
  (text.charCodeAt(at) |
    (text.charCodeAt(at + 1) << 8) |
    (text.charCodeAt(at + 2) << 16) |
    (text.charCodeAt(at + 3) << 24)) >>>
  0;

const wordsOf = (t: string): Words => [
  wordOf(t, 0),
  wordOf(t, 4),
  wordOf(t, 8),
  wordOf(t, 12),
  wordOf(t, 16),
  wordOf(t, 20),
];

const wordsIn = (b: Buffer, at: number): Words => [
  b.readUInt32LE(at),
  b.readUInt32LE(at + 4),
  b.readUInt32LE(at + 8),
  b.readUInt32LE(at + 12),
  b.readUInt32LE(at + 16),
  b.readUInt32LE(at + 20),
];

export function createSeenIds(): SeenIds {
  let slots = LEAST_SLOTS;
  let words = new Uint32Array(slots * WORDS);
  let times = new Float64Array(slots).fill(-Infinity);
  let size = 0;

  /** The slot that holds this digest, or the free one where it belongs. A free slot has the time -Infinity. */
  const slotOf = (first: number, second: number, third: number, fourth: number): number => {
    for (let slot = first % slots; ; slot = slot + 1 === slots ? 0 : slot + 1) {
      if (times[slot] === -Infinity) return slot;
      const base = slot * WORDS;
      if (
        words[base] === first &&
        words[base + 1] === second &&
        words[base + 2] === third &&
        words[base + 3] === fourth
      ) {
        return slot;
      }
    }
  };

  const grow = (sinceMs: number): void => {
    const old = { slots, words, times };
    let kept = 0;
    for (let slot = 0; slot < old.slots; slot += 1) if ((old.times[slot] ?? -Infinity) >= sinceMs) kept += 1;
    slots = Math.max(LEAST_SLOTS, 2 ** Math.ceil(Math.log2(((kept + 1) / FULLEST) * HEADROOM)));
    words = new Uint32Array(slots * WORDS);
    times = new Float64Array(slots).fill(-Infinity);
    size = 0;
    for (let slot = 0; slot < old.slots; slot += 1) {
      const time = old.times[slot] ?? -Infinity;
      if (time === -Infinity || time < sinceMs) continue;
      let target = (old.words[slot * WORDS] ?? 0) % slots;
      while (times[target] !== -Infinity) target = target + 1 === slots ? 0 : target + 1;
      words.set(old.words.subarray(slot * WORDS, (slot + 1) * WORDS), target * WORDS);
      times[target] = time;
      size += 1;
    }
  };

  const put = (entry: Words, time: number, sinceMs: number): void => {
    if (size + 1 > slots * FULLEST) grow(sinceMs);
    const slot = slotOf(entry[0], entry[1], entry[2], entry[3]);
    const known = times[slot] ?? -Infinity;
    if (known >= time) return;
    if (known === -Infinity) size += 1;
    words.set(entry, slot * WORDS);
    times[slot] = time;
  };

  return {
    sighting: ({ digest, content }, sinceMs) => {
      const slot = slotOf(wordOf(digest, 0), wordOf(digest, 4), wordOf(digest, 8), wordOf(digest, 12));
      if ((times[slot] ?? -Infinity) < sinceMs || times[slot] === -Infinity) return 'new';
      const base = slot * WORDS;
      const same = words[base + 4] === wordOf(content, 0) && words[base + 5] === wordOf(content, 4);
      return same ? 'duplicate' : 'conflict';
    },
    add: ({ digest, content, logTimeMs }, sinceMs) => put(wordsOf(digest + content), logTimeMs, sinceMs),
    addPacked: (entries, sinceMs) => {
      for (let at = 0; at + SEEN_ENTRY_BYTES <= entries.length; at += SEEN_ENTRY_BYTES) {
        put(wordsIn(entries, at), Number(entries.readBigInt64BE(at + 24)), sinceMs);
      }
    },
    pack: (sinceMs, atMost) => {
      const live: number[] = [];
      for (let slot = 0; slot < slots; slot += 1) {
        const time = times[slot] ?? -Infinity;
        if (time !== -Infinity && time >= sinceMs) live.push(slot);
      }
      const parts: { newestLogTimeMs: number; entries: Buffer }[] = [];
      for (let at = 0; at < live.length; at += atMost) parts.push(packSlots(live.slice(at, at + atMost), words, times));
      return parts;
    },
    size: () => size,
  };
}

function packSlots(slots: readonly number[], words: Uint32Array, times: Float64Array) {
  const entries = Buffer.allocUnsafe(slots.length * SEEN_ENTRY_BYTES);
  let newestLogTimeMs = -Infinity;
  for (const [index, slot] of slots.entries()) {
    const at = index * SEEN_ENTRY_BYTES;
    for (let word = 0; word < WORDS; word += 1) entries.writeUInt32LE(words[slot * WORDS + word] ?? 0, at + word * 4);
    const time = times[slot] ?? -Infinity;
    entries.writeBigInt64BE(BigInt(time), at + 24);
    newestLogTimeMs = Math.max(newestLogTimeMs, time);
  }
  return { newestLogTimeMs, entries };
}

/** Entries as bytes, `SEEN_ENTRY_BYTES` each. */
export function packEntries(entries: readonly SeenEntry[]): Buffer {
  const packed = Buffer.allocUnsafe(entries.length * SEEN_ENTRY_BYTES);
  for (const [index, { digest, content, logTimeMs }] of entries.entries()) {
    const at = index * SEEN_ENTRY_BYTES;
    packed.write(digest, at, 'latin1');
    packed.write(content, at + 16, 'latin1');
    packed.writeBigInt64BE(BigInt(logTimeMs), at + 24);
  }
  return packed;
}
