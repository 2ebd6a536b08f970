import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

export const segmentPath = (directory: string, number: number): string =>
  join(directory, `${String(number).padStart(8, '0')}.spool`);

const isSegmentName = (name: string): boolean => /^\d{8}\.spool$/.test(name);

/** The number in a segment's path. */
export const segmentNumber = (path: string): number => Number(basename(path).slice(0, 8));

/** The segments in a folder, in order; none if there is no folder. */
export function segmentPaths(directory: string): readonly string[] {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names
    .filter(isSegmentName)
    .sort()
    .map((name) => join(directory, name));
}
