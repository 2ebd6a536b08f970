import { resolve } from 'node:path';
import { StackError } from '../stack/stack-error.ts';

/** Kafka's `log.dirs` is a comma list, H2's address ends at a semicolon and takes a backslash for a slash, and the registry puts variables in for `$`. */
const cannotBeHeld: readonly (readonly [RegExp, string])[] = [
  [/,/, 'a comma'],
  [/;/, 'a semicolon'],
  [/\\/, 'a backslash'],
  [/\$/, 'a dollar sign'],
  [/\p{Cc}/u, 'a line break or another control character'],
];

/** Throws StackError, one line, where Kafka or the registry on Java could not keep their data below `directory`, as DATA_DIRECTORY gives it. Writes nothing. */
export function checkDataDirectory(directory: string): void {
  const path = resolve(directory);
  const [, found] = cannotBeHeld.find(([pattern]) => pattern.test(path)) ?? [];
  const what = found ?? (directory === directory.trim() ? null : 'a space at its beginning or end');
  if (what === null) return;
  throw new StackError(
    `DATA_DIRECTORY is ${JSON.stringify(path)}: Kafka and the registry cannot keep data below a path with ${what}. Choose another one: DATA_DIRECTORY=/tmp/vxt npm start`,
  );
}
