import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Waits until the disk has the entry of this file in its folder: without it a file that was synced may be gone after a power failure. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
