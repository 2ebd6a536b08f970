import { isExactNumber } from './exact-number.ts';
import { parseJson } from './parse-json.ts';

/** A JSON object as parseJson returns it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value of an Avro record's `extraJson`: see its doc in schemas/. */
export type ExtraJson = null | { readonly string: string };

/**
 * The members of `object` that the record's fields cannot represent: those not in `known`, and those whose value a field cannot hold. Null if the fields represent
 * everything. Members keep their order.
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
 * Whether a field of our schemas can hold this value unchanged. Avro's strings are UTF-8, so a lone surrogate cannot be held; its longs are whole numbers, so
 * neither a fraction nor a number with too many digits can. Objects and arrays have records of their own.
 */
function isExact(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0);
  return !isExactNumber(value);
}

/** The inverse of `extraMembers`: `fields` with the members of `extra` added, or replacing fields of the same name. */
export function withExtraMembers(fields: JsonObject, extra: ExtraJson): JsonObject {
  if (extra === null) return fields;
  return Object.fromEntries([...Object.entries(fields), ...Object.entries(parseJson(extra.string) as JsonObject)]);
}
