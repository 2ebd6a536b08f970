/**
 * A number in JSON as sign, digits without outer zeros and power of ten. Equal numbers give equal texts, even beyond the precision of doubles. Zero keeps its sign.
 */
export function decimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  let value = BigInt(whole + fraction);
  let exponent = Number(power) - fraction.length;
  if (value === 0n) return `${sign}0`;
  for (; value % 10n === 0n; value /= 10n) exponent++;
  return `${sign}${value}e${exponent}`;
}

/** A JSON value as text, with the members of each object sorted and its numbers in the form of `decimal`. */
export function exactText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(exactText).join()}]`;
  if (typeof value === 'number' || isWritten(value)) return decimal(JSON.stringify(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${exactText(member)}`).join()}}`;
}

/** TypeScript 6 does not type JSON.isRawJSON yet. */
const isWritten = (JSON as unknown as { isRawJSON: (value: unknown) => boolean }).isRawJSON;
