/**
 * The text of a Java properties file, which Java reads as Latin-1, with escapes: without these a backslash in a path disappears, and another alphabet becomes
 * another path.
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
