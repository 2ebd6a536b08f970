/** The command that restores the schemas of the log in a registry, under their ids. */
export const RESTORE = 'npx vxt-events registry restore';

/**
 * The registry is not the one that the log was written with, or has lost data. Not retriable: to go on would mean to misread records, or to write records that
 * nobody can read.
 */
export class SchemaIdsError extends Error {
  override readonly name = 'SchemaIdsError';
  readonly retriable = false;

  constructor(url: string, problems: readonly string[]) {
    super(
      `The schema registry at ${url} is not as the log was written: ${problems.join('; ')}. Restore its data, or give it the schemas of the log back with \`${RESTORE}\``,
    );
  }
}
