import type { Leftovers } from './open-segment.ts';

/** What a spool reports about itself: counts, places in Kafka and errors, never the contents of records. */
export type SpoolObserver = Readonly<{
  /** The first record waits on disk. */
  began: () => void;
  /** No record waits any more. */
  ended: () => void;
  /** The disk failed: what was to be written is not stored; what was to be read is tried again. */
  failed: (what: 'write' | 'read' | 'mark' | 'remove', error: unknown) => void;
  /** A record exceeds its topic's limit: it stays on disk and is tried again at the next start. */
  setAside: (place: string, bytes: number) => void;
  /** Records that may already be in the log are sent again. */
  resent: (records: number) => void;
  /** What a segment held besides intact records when it was opened. */
  leftovers: (path: string, leftovers: Leftovers) => void;
}>;
