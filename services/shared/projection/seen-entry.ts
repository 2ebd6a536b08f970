import { hash } from 'node:crypto';

/**
 * An event as dedupe knows it: the first 128 bits of its id's digest and 64 bits of its content's, in words of 32 bits
 * (signed, the first byte the least significant), and the log time of its record.
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
 * The entry of an event. `id` is unique within its input; `content` is the bytes that two copies of the event share.
 * Node returns a digest as a latin1 string in a third of the time that a Buffer takes.
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
