import type { NewRecord } from './segment.ts';

/** The outcome of a write. `full`: too much is already waiting for the disk. `late`: no outcome by the deadline; it is reported later. */
export type WriteOutcome = 'stored' | 'full' | 'failed' | 'late';

/** A record to be written, and its caller. `answered`: the caller already has its answer, `late`. */
export type PendingWrite = {
  readonly record: NewRecord;
  readonly deadlineMs: number;
  readonly answer: (outcome: WriteOutcome) => void;
  answered: boolean;
};

const MAX_GROUP_RECORDS = 500;
const MAX_GROUP_BYTES = 4 * 1024 * 1024;

/** Writes that the disk has not been given yet, in order. */
export type WriteQueue = Readonly<{
  add: (write: PendingWrite) => void;
  isEmpty: () => boolean;
  /** Removes and returns the first writes, as many as are synced together. */
  takeGroup: () => readonly PendingWrite[];
  /** Removes and returns the writes whose deadline has passed. */
  takeExpired: (nowMs: number) => readonly PendingWrite[];
}>;

export function createWriteQueue(): WriteQueue {
  let queue: PendingWrite[] = [];
  return {
    add: (write) => void queue.push(write),
    isEmpty: () => queue.length === 0,
    takeGroup: () => {
      let bytes = 0;
      let count = 0;
      for (const { record } of queue) {
        bytes += record.payload.length;
        if (count === MAX_GROUP_RECORDS || (count > 0 && bytes > MAX_GROUP_BYTES)) break;
        count += 1;
      }
      return queue.splice(0, count);
    },
    takeExpired: (nowMs) => {
      const expired = queue.filter(({ deadlineMs }) => nowMs >= deadlineMs);
      if (expired.length > 0) queue = queue.filter(({ deadlineMs }) => nowMs < deadlineMs);
      return expired;
    },
  };
}
