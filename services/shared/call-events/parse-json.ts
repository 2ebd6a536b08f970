/**
 * A number in a text that a double may not hold exactly: many digits, an exponent, or a minus before zero. It may also
 * match inside a string, which only costs the slower way below.
 */
const suspectNumber = /[:[,]\s*(?:-0|-?\d[\d.]{15,}|-?[\d.]+[eE])/;

/**
 * JSON.parse, but a number that a double cannot hold exactly (an id of 20 digits, 1e400) stays what it was: it comes
 * back as `JSON.rawJSON`, which JSON.stringify writes out as it stood. Throws SyntaxError like JSON.parse; of two equal
 * names in an object the last one wins (RFC 8259 leaves that open).
 */
export function parseJson(text: string): unknown {
  return suspectNumber.test(text) ? JSON.parse(text, keepExactNumbers) : JSON.parse(text);
}

function keepExactNumbers(_name: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined) return value;
  return sameDecimal(source, value) ? value : rawJson(source);
}

/** Whether `source` names exactly the number that JSON.stringify writes for `value`. */
function sameDecimal(source: string, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (value === 0) return /^0(?:\.0*)?(?:[eE].*)?$/.test(source);
  return normalised(source) === normalised(String(value));
}

/** Sign, digits without outer zeros, and the power of ten of the last digit: equal for equal decimals. */
function normalised(decimal: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(decimal) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  return `${sign}${significant}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)}`;
}

// TypeScript 6 does not type JSON.rawJSON yet (ES2025 stage 4: "JSON.parse source text access").
const rawJson = (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON;
