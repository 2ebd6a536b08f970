/**
 * The text of a Java properties file. Java reads it as Latin-1 with escapes: unescaped, a backslash in a path would disappear, and letters outside Latin-1 would
 * be misread.
 */
export const javaProperties = (properties: Readonly<Record<string, string>>): string =>
  Object.entries(properties)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('');

const escaped = (value: string): string =>
  value
    .replaceAll('\\', '\\\\')
    .replace(/^ /, '\\ ')
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
