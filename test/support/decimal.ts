/**
 * A number of a JSON text as sign, digits without outer zeros and power of ten: equal for equal numbers, whatever
 * doubles can hold. Zero has a sign.
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

/** A JSON value as text with the members of every object in order and its numbers as `decimal` has them. */
export function exactText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(exactText).join()}]`;
  if (typeof value === 'number' || isWritten(value)) return decimal(JSON.stringify(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${exactText(member)}`).join()}}`;
}

/** TypeScript 6 does not type JSON.isRawJSON yet. */
const isWritten = (JSON as unknown as { isRawJSON: (value: unknown) => boolean }).isRawJSON;
