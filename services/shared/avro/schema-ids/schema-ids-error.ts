/** Gives a registry the schemas of the log back under their ids. */
export const RESTORE = 'npx vxt-events registry restore';

/**
 * The registry is not the one that the log was written with, or has lost data. Not retriable: whoever went on would read records as what they are not, or write
 * some that nobody can read.
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
