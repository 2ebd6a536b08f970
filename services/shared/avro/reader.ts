import type { Resolver, Schema, Type } from 'avsc';
import { avroType, readSchema, type SchemaName } from './avro-type.ts';
import type { Registry } from './registry.ts';
import { createResolver } from './resolver.ts';
import { WIRE_HEADER_BYTES, writerSchemaId } from './wire-format.ts';

/** Why a value cannot be decoded, ever: the record belongs into the dead letters. */
export type Undecodable = 'not-wire-format' | 'unknown-schema-id' | 'not-avro' | 'incompatible-schema' | 'corrupt-avro';

export type Decoded<T> = Readonly<{ ok: true; value: T } | { ok: false; reason: Undecodable }>;

/** Turns bytes in the Confluent wire format into values of one reader schema, whichever version wrote them. */
export type Reader<T> = Readonly<{
  /**
   * Fetches the writer schemas of these values that are not known yet; a call without new ids does no I/O. An id that the registry did not know is asked
   * for again after a minute: the registry may have been restored. Throws RegistryError when the registry is away: retry, the records are not at fault.
   */
  learn: (values: Iterable<Buffer>) => Promise<void>;
  /** Decodes a value whose writer schema was learnt. A value that cannot be decoded is a result, not an exception. */
  decode: (value: Buffer) => Decoded<T>;
}>;

/** An id that the registry does not know is asked for again after this. */
const ASK_AGAIN_MS = 60_000;

type Learnt = Readonly<{ resolver: Resolver } | { reason: Undecodable }>;

/**
 * A reader for one of our schemas. It keeps one resolver per writer schema: avsc builds them slowly and reads fast. `now` gives milliseconds of a clock that
 * never goes back.
 */
export function createReader<T>(
  registry: Registry,
  schema: SchemaName,
  now: () => number = () => performance.now(),
): Reader<T> {
  const readerType = avroType(readSchema(schema));
  const learnt = new Map<number, Learnt>();
  const askAgainAtMs = new Map<number, number>();

  const learnId = async (id: number): Promise<void> => {
    const writer = await registry.schemaById(id);
    learnt.set(id, writer === null ? { reason: 'unknown-schema-id' } : resolverOf(readerType, writer));
    if (writer === null) askAgainAtMs.set(id, now() + ASK_AGAIN_MS);
    else askAgainAtMs.delete(id);
  };
  const isDue = (id: number): boolean => !learnt.has(id) || now() >= (askAgainAtMs.get(id) ?? Infinity);

  return {
    learn: async (values) => {
      const missing = new Set<number>();
      for (const value of values) {
        const id = writerSchemaId(value);
        if (id !== null && !missing.has(id) && isDue(id)) missing.add(id);
      }
      for (const id of missing) await learnId(id);
    },
    decode: (value) => {
      const id = writerSchemaId(value);
      if (id === null) return { ok: false, reason: 'not-wire-format' };
      const known = learnt.get(id);
      if (known === undefined) throw new Error(`The writer schema ${id} was not learnt before decoding`);
      if ('reason' in known) return { ok: false, reason: known.reason };
      try {
        const read = readerType.decode(value, WIRE_HEADER_BYTES, known.resolver);
        if (read.offset === value.length) return { ok: true, value: read.value as T };
      } catch {
        // As below: avsc throws for some bytes, and stops short for others.
      }
      return { ok: false, reason: 'corrupt-avro' };
    },
  };
}

function resolverOf(reader: Type, writer: Schema): Learnt {
  let type: Type;
  try {
    type = avroType(writer);
  } catch {
    return { reason: 'not-avro' };
  }
  try {
    return { resolver: createResolver(reader, type) };
  } catch {
    return { reason: 'incompatible-schema' };
  }
}
