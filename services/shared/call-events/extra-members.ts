import { isExactNumber } from './exact-number.ts';
import { parseJson } from './parse-json.ts';

/** A JSON object as parseJson gives it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What an Avro record's `extraJson` holds: see its doc in schemas/. */
export type ExtraJson = null | { readonly string: string };

/**
 * The members of `object` that the record's fields do not carry: those that are not in `known`, and those whose value
 * a field cannot hold. Null when the fields carry all. Members keep their order.
 */
export function extraMembers(object: JsonObject, known: ReadonlySet<string>): ExtraJson {
  let extra: [string, unknown][] | null = null;
  for (const name in object) {
    const value = object[name];
    if (known.has(name) && isExact(value)) continue;
    extra ??= [];
    extra.push([name, value]);
  }
  return extra === null ? null : { string: JSON.stringify(Object.fromEntries(extra)) };
}

/**
 * Whether a field of our schemas holds this value as it is: Avro's strings are UTF-8, so a lone surrogate is not; its
 * longs are whole, so a fraction is not, nor a number with more digits. Objects and arrays have records of their own.
 */
function isExact(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0);
  return !isExactNumber(value);
}

/** The opposite of `extraMembers`: `fields` with the members of `extra` put in or over them. */
export function withExtraMembers(fields: JsonObject, extra: ExtraJson): JsonObject {
  if (extra === null) return fields;
  return Object.fromEntries([...Object.entries(fields), ...Object.entries(parseJson(extra.string) as JsonObject)]);
}
