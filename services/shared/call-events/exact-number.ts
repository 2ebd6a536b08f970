/** A JSON number that no double holds, digit for digit: JSON.stringify writes it out as it stood (ES2025 `JSON.rawJSON`). */
export type ExactNumber = Readonly<{ rawJSON: string }>;

/**
 * A JSON value of type T as it travels: where T has a number there may be an ExactNumber. What is checked and counted
 * is the nearest double, what is kept are the digits.
 */
export type Exact<T> = T extends number
  ? T | ExactNumber
  : T extends object
    ? { readonly [Name in keyof T]: Exact<T[Name]> }
    : T;

/** The double next to a number: infinite where it is beyond all of them. */
export const nearest = (value: number | ExactNumber): number =>
  typeof value === 'number' ? value : Number(value.rawJSON);

export const isExactNumber = (value: unknown): value is ExactNumber => rawJson.isRawJSON(value);

/** The number that a JSON text stands for: a double if JSON.stringify writes the same number for it, else an ExactNumber. */
export function readNumber(source: string): number | ExactNumber {
  const value = Number(source);
  return isSurelySame(source, value) || isSameNumber(source, value) ? value : rawJson.rawJSON(source);
}

/** 15 digits always come back from a double, except near its limits. It is so for nearly every number, and quickly told. */
function isSurelySame(source: string, value: number): boolean {
  const size = Math.abs(value);
  return source === '0' || (source.length <= 15 && size > 1e-300 && size < 1e300);
}

/** Whether `source` names exactly the number that JSON.stringify writes for `value`: it writes no -0. */
function isSameNumber(source: string, value: number): boolean {
  if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  const sent = decimalOf(source);
  if (value === 0) return sent.digits === '';
  const written = decimalOf(String(value));
  return sent.digits === written.digits && sent.exponent === written.exponent;
}

/**
 * A decimal as digits without outer zeros and the power of ten of the last of them. The exponent of a number that is
 * neither zero nor infinite is at most as large as its text is long, so it is exact.
 */
function decimalOf(source: string): Readonly<{ digits: string; exponent: number }> {
  const [mantissa = '', power = '0'] = (source.startsWith('-') ? source.slice(1) : source).split(/[eE]/);
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  let from = 0;
  let to = digits.length;
  while (digits.charCodeAt(from) === ZERO) from++;
  while (to > from && digits.charCodeAt(to - 1) === ZERO) to--;
  return { digits: digits.slice(from, to), exponent: Number(power) - fraction.length + digits.length - to };
}

const ZERO = 0x30;

// TypeScript 6 does not type these yet (ES2025, "JSON.parse source text access").
const rawJson = JSON as unknown as {
  rawJSON: (text: string) => ExactNumber;
  isRawJSON: (value: unknown) => value is ExactNumber;
};
