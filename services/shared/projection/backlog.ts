import type { SourceRecord } from './records.ts';

/** What a task has folded and not yet put into a transaction. */
export type Backlog = Readonly<{
  add: (record: SourceRecord) => void;
  /** The fold has something to commit even if no record waits. */
  markDue: () => void;
  hasRecords: () => boolean;
  isEmpty: () => boolean;
  isFull: () => boolean;
  /** Empties the backlog for a transaction. Returns the number of records that were in it. */
  takeAll: () => number;
}>;

/** Caps memory whatever `maxRecords` is: dead letters are kept whole until they are committed. */
const MAX_BYTES = 32 * 1024 * 1024;

export function createBacklog(maxRecords: number): Backlog {
  let records = 0;
  let bytes = 0;
  let isDue = false;
  return {
    add: ({ value }) => {
      records += 1;
      bytes += value?.length ?? 0;
    },
    markDue: () => {
      isDue = true;
    },
    hasRecords: () => records > 0,
    isEmpty: () => records === 0 && !isDue,
    isFull: () => records >= maxRecords || bytes >= MAX_BYTES,
    takeAll: () => {
      const taken = records;
      records = 0;
      bytes = 0;
      isDue = false;
      return taken;
    },
  };
}
