import { claimSlot, FREE, NO_SLOT, type SlotTable, WORDS } from './slot-table.ts';

/**
 * Entries of seen ids as bytes, one after another, 32 bytes each:
 *
 * | bytes | content |
 * | --- | --- |
 * | 0–15 | the first 16 bytes of the SHA-256 digest of the id |
 * | 16–23 | the first 8 bytes of the SHA-256 digest of the content |
 * | 24–31 | the log time, Unix time in milliseconds: signed, 64 bits, big-endian |
 */
export type PackedEntries = Readonly<{ newestLogTimeMs: number; entries: Buffer }>;

const ENTRY_BYTES = 32;
const TIME_AT = WORDS * 4;
const WORD = 2 ** 32;

export function packSlots({ words, timesMs }: SlotTable, slots: readonly number[]): PackedEntries {
  const entries = Buffer.allocUnsafe(slots.length * ENTRY_BYTES);
  let newestLogTimeMs = FREE;
  let at = 0;
  for (const slot of slots) {
    for (let word = 0; word < WORDS; word += 1) entries.writeInt32LE(words[slot * WORDS + word] ?? 0, at + word * 4);
    const timeMs = timesMs[slot] ?? FREE;
    entries.writeInt32BE(Math.floor(timeMs / WORD), at + TIME_AT);
    entries.writeUInt32BE(timeMs - Math.floor(timeMs / WORD) * WORD, at + TIME_AT + 4);
    newestLogTimeMs = Math.max(newestLogTimeMs, timeMs);
    at += ENTRY_BYTES;
  }
  return { newestLogTimeMs, entries };
}

/** Adds packed entries to a table; a table that is full drops the entries older than `sinceMs`. */
export function unpackInto(table: SlotTable, entries: Buffer, sinceMs: number): void {
  const word = (at: number): number => entries.readInt32LE(at);
  for (let at = 0; at + ENTRY_BYTES <= entries.length; at += ENTRY_BYTES) {
    const timeMs = entries.readInt32BE(at + TIME_AT) * WORD + entries.readUInt32BE(at + TIME_AT + 4);
    const slot = claimSlot(table, word(at), word(at + 4), word(at + 8), word(at + 12), timeMs, sinceMs);
    if (slot === NO_SLOT) continue;
    for (let index = 0; index < WORDS; index += 1) table.words[slot * WORDS + index] = word(at + index * 4);
  }
}
