import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Syncs the folder of a file: without that, even a synced file may be missing after a power failure. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
