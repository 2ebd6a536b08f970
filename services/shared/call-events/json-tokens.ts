/**
 * Where the token of a valid JSON text that begins at `at` ends: a string, a number or a literal as a whole, anything
 * else (brackets, commas, colons, white space) unit by unit.
 */
export function tokenEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return stringEnd(text, at);
  if (!isWord(first)) return at + 1;
  let end = at + 1;
  while (end < text.length && isWord(text.charCodeAt(end))) end++;
  return end;
}

function stringEnd(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length) {
    const unit = text.charCodeAt(end);
    if (unit === QUOTE) return end + 1;
    end += unit === BACKSLASH ? 2 : 1;
  }
  return end;
}

export const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether a number or a literal holds this unit: a letter, a digit, a sign or a point. */
const isWord = (unit: number): boolean =>
  isNumberStart(unit) || (unit >= 0x61 && unit <= 0x7a) || unit === 0x2e || unit === 0x2b || unit === 0x45;

/** A digit, or the minus. */
export const isNumberStart = (unit: number): boolean => (unit >= 0x30 && unit <= 0x39) || unit === 0x2d;
