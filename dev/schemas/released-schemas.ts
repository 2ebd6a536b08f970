import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = join(import.meta.dirname, '../../schemas');
export const releasedDirectory = join(directory, 'released');

/** Names of the schemas in schemas/, without their ending. */
export const schemaNames = (): readonly string[] =>
  readdirSync(directory)
    .filter((file) => file.endsWith('.avsc'))
    .map((file) => file.slice(0, -'.avsc'.length))
    .sort();

export const currentSchema = (name: string): string => readFileSync(join(directory, `${name}.avsc`), 'utf8');

/** Values written with a version, for ever: the bytes in hexadecimal, and what they mean as JSON. */
export type Golden = readonly Readonly<{ hex: string; json: string }>[];

export type ReleasedSchema = Readonly<{ version: number; schema: string; golden: Golden }>;

/** The versions of a schema that were released, oldest first. */
export function releasedVersions(name: string): readonly ReleasedSchema[] {
  const folder = join(releasedDirectory, name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.avsc'))
    .map((file) => Number(file.slice(1, -'.avsc'.length)))
    .sort((a, b) => a - b)
    .map((version) => ({
      version,
      schema: readFileSync(join(folder, `v${version}.avsc`), 'utf8'),
      golden: JSON.parse(readFileSync(join(folder, `v${version}.golden.json`), 'utf8')) as Golden,
    }));
}
