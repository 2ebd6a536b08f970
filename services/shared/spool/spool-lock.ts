import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Keeps every other process out of a spool's folder until it is released or this process ends, however it ends: the operating system keeps the lock, so none is
 * left over. Node offers no file locks; SQLite takes one when a transaction begins, and nothing is ever written to its file. Throws where another process has it.
 */
export function lockSpool(directory: string): Readonly<{ release: () => void }> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'lock');
  closeSync(openSync(path, 'a', 0o600));
  const file = new DatabaseSync(path);
  try {
    file.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    throw new Error(`The spool in ${directory} is in use by another process (SPOOL_DIRECTORY)`, { cause: error });
  }
  return { release: () => file.close() };
}
