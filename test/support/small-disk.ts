import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own that is soon full. */
export type SmallDisk = Readonly<{
  path: string;
  /** Takes all the room that is left. */
  fill: () => void;
  /** Gives it back. */
  free: () => void;
  remove: () => void;
}>;

/** Why this machine cannot have one; null where it can: only root may mount a tmpfs, on Linux. */
export const smallDiskProblem = (): string | null =>
  process.platform === 'linux' && process.getuid?.() === 0 ? null : 'only root may mount a tmpfs';

export function mountSmallDisk(megabytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'small-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  const filler = join(path, 'filler');
  return {
    path,
    fill: () => {
      const file = openSync(filler, 'a');
      try {
        for (const size of [65_536, 4_096]) writeUntilFull(file, size);
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    remove: () => {
      execFileSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function writeUntilFull(file: number, size: number): void {
  const chunk = Buffer.alloc(size, 1);
  try {
    while (writeSync(file, chunk) === size);
  } catch {
    // Full: that was the point.
  }
}
