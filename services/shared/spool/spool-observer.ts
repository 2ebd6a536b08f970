import type { Found } from './segment.ts';

/** What a spool tells of itself: counts, places of Kafka and errors only. */
export type SpoolObserver = Readonly<{
  /** The first record waits on disk, or none does any more. */
  began: () => void;
  ended: () => void;
  /** The disk failed at something; what was to be stored is not, what was to be sent is tried again. */
  failed: (what: 'write' | 'read' | 'mark' | 'remove', error: unknown) => void;
  /** A record is over its topic's limit: it stays on disk and is tried again at the next start. */
  setAside: (place: string, bytes: number) => void;
  /** Records that may be in the log already are sent again. */
  resent: (records: number) => void;
  /** What a segment held beyond whole records when it was opened. */
  found: (path: string, found: Found) => void;
}>;
