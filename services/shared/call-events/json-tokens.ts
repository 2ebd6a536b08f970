/**
 * The end of the token that begins at `at` in a valid JSON text. Strings, numbers and literals are one token; everything else (brackets, commas, colons, white
 * space) is one token per UTF-16 unit.
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

/** Whether this unit can be part of a number or a literal: a letter, a digit, a sign or a decimal point. */
const isWord = (unit: number): boolean =>
  isNumberStart(unit) || (unit >= 0x61 && unit <= 0x7a) || unit === 0x2e || unit === 0x2b || unit === 0x45;

/** A digit or a minus sign. */
export const isNumberStart = (unit: number): boolean => (unit >= 0x30 && unit <= 0x39) || unit === 0x2d;
