import type { Resolver, Type } from 'avsc';
import { avroType, readSchema, type SchemaName } from './avro-type.ts';
import type { Registry } from './registry.ts';
import { createResolver } from './resolver.ts';
import { WIRE_HEADER_BYTES, writerSchemaId } from './wire-format.ts';

/** Why a value cannot be decoded, ever: the record belongs into the dead letters. */
export type Undecodable = 'not-wire-format' | 'unknown-schema-id' | 'incompatible-schema' | 'corrupt-avro';

export type Decoded<T> = Readonly<{ ok: true; value: T } | { ok: false; reason: Undecodable }>;

/** Turns bytes in the Confluent wire format into values of one reader schema, whichever version wrote them. */
export type Reader<T> = Readonly<{
  /**
   * Fetches the writer schemas of these values that are not known yet; a call without new ids does no I/O.
   * Throws RegistryError when the registry is away: retry, the records are not at fault.
   */
  learn: (values: Iterable<Buffer>) => Promise<void>;
  /** Decodes a value whose writer schema was learnt. A value that cannot be decoded is a result, not an exception. */
  decode: (value: Buffer) => Decoded<T>;
}>;

/** A reader for one of our schemas. It keeps one resolver per writer schema: avsc builds them slowly and reads fast. */
export function createReader<T>(registry: Registry, schema: SchemaName): Reader<T> {
  const readerType = avroType(readSchema(schema));
  const resolvers = new Map<number, Readonly<{ resolver: Resolver } | { reason: Undecodable }>>();

  const learnId = async (id: number): Promise<void> => {
    const writer = await registry.schemaById(id);
    resolvers.set(id, writer === null ? { reason: 'unknown-schema-id' } : resolverOf(readerType, avroType(writer)));
  };

  return {
    learn: async (values) => {
      const missing = new Set<number>();
      for (const value of values) {
        const id = writerSchemaId(value);
        if (id !== null && !resolvers.has(id)) missing.add(id);
      }
      for (const id of missing) await learnId(id);
    },
    decode: (value) => {
      const id = writerSchemaId(value);
      if (id === null) return { ok: false, reason: 'not-wire-format' };
      const learnt = resolvers.get(id);
      if (learnt === undefined) throw new Error(`The writer schema ${id} was not learnt before decoding`);
      if ('reason' in learnt) return { ok: false, reason: learnt.reason };
      try {
        const read = readerType.decode(value, WIRE_HEADER_BYTES, learnt.resolver);
        if (read.offset === value.length) return { ok: true, value: read.value as T };
      } catch {
        // As below: avsc throws for some bytes, and stops short for others.
      }
      return { ok: false, reason: 'corrupt-avro' };
    },
  };
}

function resolverOf(reader: Type, writer: Type): Readonly<{ resolver: Resolver } | { reason: Undecodable }> {
  try {
    return { resolver: createResolver(reader, writer) };
  } catch {
    return { reason: 'incompatible-schema' };
  }
}
