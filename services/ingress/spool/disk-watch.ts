import { statfs } from 'node:fs/promises';
import type { GroupCommit } from './group-commit.ts';

/** Whether the disk of a spool works, by its recent writes and its free space. */
export type DiskWatch = Readonly<{
  /** Why the disk would not store a record now; null if it would. */
  problem: () => string | null;
  stop: () => void;
}>;

/** A write that takes longer means a stalled disk. */
const STALLED_MS = 2_000;
const CHECK_MS = 1_000;
/** Less free space than this counts as none: a few webhooks would use it up. */
const MIN_FREE_BYTES = 128 * 1024;

export function watchDisk(directory: string, commit: Pick<GroupCommit, 'probe' | 'busyMs' | 'isFailing'>): DiskWatch {
  let freeBytes = Number.POSITIVE_INFINITY;
  let checking = false;
  const checkFreeSpace = async (): Promise<void> => {
    if (checking) return;
    checking = true;
    const { bavail, bsize } = await statfs(directory).catch(() => ({ bavail: Number.POSITIVE_INFINITY, bsize: 1 }));
    freeBytes = bavail * bsize;
    checking = false;
  };
  const timer = setInterval(() => {
    void commit.probe();
    void checkFreeSpace();
  }, CHECK_MS);
  timer.unref();
  return {
    problem: () => {
      if (commit.busyMs() > STALLED_MS) return 'The spool’s disk is not responding';
      if (commit.isFailing()) return 'The spool’s disk rejects writes';
      return freeBytes < MIN_FREE_BYTES ? 'The spool’s disk is full' : null;
    },
    stop: () => clearInterval(timer),
  };
}
