/**
 * An open-addressing hash table with linear probing: a Map of strings would take several times the memory. Slot n has
 * its time in `timesMs[n]` and its words from `words[n * WORDS]` on: four of the id's digest, then two of the content's.
 */
export type SlotTable = {
  /** A power of two. */
  slots: number;
  words: Int32Array;
  /** Log times; FREE where the slot holds no entry. */
  timesMs: Float64Array;
  /** Entries in the table. */
  size: number;
};

/** 32-bit words per entry. */
export const WORDS = 6;
export const FREE = -Infinity;
/** Returned in place of a slot. */
export const NO_SLOT = -1;

const MIN_SLOTS = 64;
const MAX_LOAD = 0.6;
/** Room that is left after expired entries were dropped, or the table would soon be copied again. */
const HEADROOM = 1.3;
/** Odd, so that its multiples reach every slot. Entries packed in slot order would cluster in the table they are added to. */
const SCATTER = 0x9e3779b1;

export function createSlotTable(): SlotTable {
  return {
    slots: MIN_SLOTS,
    words: new Int32Array(MIN_SLOTS * WORDS),
    timesMs: new Float64Array(MIN_SLOTS).fill(FREE),
    size: 0,
  };
}

/** The slot that holds this digest, or the free one where it belongs. */
export function findSlot({ slots, words, timesMs }: SlotTable, id0: number, id1: number, id2: number, id3: number) {
  for (let slot = id0 & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
    if (timesMs[slot] === FREE) return slot;
    const base = slot * WORDS;
    if (words[base] === id0 && words[base + 1] === id1 && words[base + 2] === id2 && words[base + 3] === id3) {
      return slot;
    }
  }
}

/**
 * Takes the slot for an entry of this digest and sets its time; the caller writes the words. NO_SLOT if the table has an
 * entry of the same digest that is as new. A table that is full drops the entries older than `sinceMs` and grows if it must.
 */
export function claimSlot(
  table: SlotTable,
  id0: number,
  id1: number,
  id2: number,
  id3: number,
  timeMs: number,
  sinceMs: number,
): number {
  if (table.size + 1 > table.slots * MAX_LOAD) resize(table, sinceMs);
  const slot = findSlot(table, id0, id1, id2, id3);
  const knownMs = table.timesMs[slot] ?? FREE;
  if (knownMs >= timeMs) return NO_SLOT;
  if (knownMs === FREE) table.size += 1;
  table.timesMs[slot] = timeMs;
  return slot;
}

/** Copies the entries that are not older than `sinceMs` into arrays of the size they need. */
export function resize(table: SlotTable, sinceMs: number): void {
  const { slots: oldSlots, words: oldWords, timesMs: oldTimesMs } = table;
  let kept = 0;
  for (const timeMs of oldTimesMs) if (isKept(timeMs, sinceMs)) kept += 1;
  const slots = Math.max(MIN_SLOTS, 2 ** Math.ceil(Math.log2(((kept + 1) / MAX_LOAD) * HEADROOM)));
  const words = new Int32Array(slots * WORDS);
  const timesMs = new Float64Array(slots).fill(FREE);
  for (let slot = 0; slot < oldSlots; slot += 1) {
    const timeMs = oldTimesMs[slot] ?? FREE;
    if (!isKept(timeMs, sinceMs)) continue;
    let target = (oldWords[slot * WORDS] ?? 0) & (slots - 1);
    while (timesMs[target] !== FREE) target = (target + 1) & (slots - 1);
    for (let word = 0; word < WORDS; word += 1) {
      words[target * WORDS + word] = oldWords[slot * WORDS + word] ?? 0;
    }
    timesMs[target] = timeMs;
  }
  table.slots = slots;
  table.words = words;
  table.timesMs = timesMs;
  table.size = kept;
}

/** The slots of the entries that are not older than `sinceMs`, scattered over the table. */
export function slotsSince({ slots, timesMs }: SlotTable, sinceMs: number): number[] {
  const found: number[] = [];
  for (let index = 0; index < slots; index += 1) {
    const slot = Math.imul(index, SCATTER) & (slots - 1);
    if (isKept(timesMs[slot] ?? FREE, sinceMs)) found.push(slot);
  }
  return found;
}

const isKept = (timeMs: number, sinceMs: number): boolean => timeMs !== FREE && timeMs >= sinceMs;
