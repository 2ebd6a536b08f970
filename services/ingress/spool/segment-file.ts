import { randomUUID } from 'node:crypto';
import { type FileHandle, rename, rm } from 'node:fs/promises';

/** A segment on disk: frames are appended and synced, state bytes are overwritten in place. */
export type SegmentFile = Readonly<{
  path: string;
  /** The size of the file, including what is being appended. */
  bytes: () => number;
  /** Whether an append has failed: what follows the last good byte cannot be trusted, so nothing may be appended. */
  hasFailed: () => boolean;
  /** Writes `buffers`, runs `beforeSync`, and waits until the disk has everything. Rejects if any of this fails. */
  append: (buffers: readonly Buffer[], beforeSync: () => Promise<void>) => Promise<void>;
  /** Writes in place without waiting for the disk to sync. */
  overwrite: (bytes: Buffer, position: number) => Promise<void>;
  /** Null if the file ends before `position + length`. */
  read: (position: number, length: number) => Promise<Buffer | null>;
  close: () => Promise<void>;
  /** Closes and deletes the file; with `keepCopy` it is renamed to `*.damaged` instead. */
  remove: (keepCopy: boolean) => Promise<void>;
}>;

export function segmentFile(path: string, file: FileHandle, initialBytes: number): SegmentFile {
  let bytes = initialBytes;
  let failed = false;
  /** Frees the space if the disk still can. If not, the next start reads the rest as an interrupted write. */
  const truncateTo = (end: number): Promise<void> =>
    file.truncate(end).then(
      () => {
        bytes = end;
      },
      () => undefined,
    );

  return {
    path,
    bytes: () => bytes,
    hasFailed: () => failed,
    append: async (buffers, beforeSync) => {
      const before = bytes;
      bytes += lengthOf(buffers);
      try {
        await writeAll(file, buffers, before);
        await beforeSync();
        await file.datasync();
      } catch (error) {
        failed = true;
        await truncateTo(before);
        throw error;
      }
    },
    overwrite: (changed, position) => writeAll(file, [changed], position),
    read: async (position, length) => {
      const buffer = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(buffer, 0, length, position);
      return bytesRead === length ? buffer : null;
    },
    close: () => file.close(),
    remove: async (keepCopy) => {
      await file.close();
      await (keepCopy ? rename(path, `${path}.${randomUUID()}.damaged`) : rm(path, { force: true }));
    },
  };
}

const lengthOf = (buffers: readonly Buffer[]): number => buffers.reduce((sum, buffer) => sum + buffer.length, 0);

/** Rejects on a short write, which a nearly full disk reports as a success. */
export async function writeAll(file: FileHandle, buffers: readonly Buffer[], position: number): Promise<void> {
  const bytes = lengthOf(buffers);
  const { bytesWritten } = await file.writev([...buffers], position);
  if (bytesWritten !== bytes) throw new Error(`The disk took only ${bytesWritten} of ${bytes} bytes`);
}
