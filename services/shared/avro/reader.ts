import type { Resolver, Schema, Type } from 'avsc';
import { type AvroTopicId, type AvroValues, topicDefinitions } from '../call-events/topics.ts';
import { avroType, readSchema } from './avro-type.ts';
import type { Registry } from './registry.ts';
import { createResolver } from './resolver.ts';
import { WIRE_HEADER_BYTES, writerSchemaId } from './wire-format.ts';

/** Why a value can never be decoded: its record belongs in the dead-letter topic. */
export type Undecodable = 'not-wire-format' | 'unknown-schema-id' | 'not-avro' | 'incompatible-schema' | 'corrupt-avro';

export type Decoded<T> = Readonly<{ ok: true; value: T } | { ok: false; reason: Undecodable }>;

/** Decodes values in the Confluent wire format, whichever version of their schema wrote them. */
export type Reader<T> = Readonly<{
  /**
   * Fetches the writer schemas of these values that are not known yet; a call without new ids does no I/O. An id that the registry did not know is requested again
   * after a minute, because the registry may have been restored. Throws RegistryError when the registry is unavailable: retry, the records are not at fault.
   */
  learn: (values: Iterable<Buffer>) => Promise<void>;
  /** Decodes a value whose writer schema was learnt. A value that cannot be decoded is a result, not an exception. */
  decode: (value: Buffer) => Decoded<T>;
}>;

/** How long to wait before requesting an id again that the registry does not know. */
const UNKNOWN_ID_RETRY_MS = 60_000;

type Learnt = Readonly<{ resolver: Resolver } | { reason: Undecodable }>;

/**
 * A reader of the values of a topic, by this release's schema. Keeps one resolver per writer schema, because avsc is slow to build them and fast to use them.
 * `now` is a monotonic clock in milliseconds.
 */
export function createReader<Topic extends AvroTopicId>(
  registry: Registry,
  topic: Topic,
  now: () => number = () => performance.now(),
): Reader<AvroValues[Topic]> {
  const readerType = avroType(readSchema(topicDefinitions[topic].schema));
  const learnt = new Map<number, Learnt>();
  const retryAtMs = new Map<number, number>();

  const learnId = async (id: number): Promise<void> => {
    const writer = await registry.schemaById(id);
    learnt.set(id, writer === null ? { reason: 'unknown-schema-id' } : resolverOf(readerType, writer));
    if (writer === null) retryAtMs.set(id, now() + UNKNOWN_ID_RETRY_MS);
    else retryAtMs.delete(id);
  };
  const isDue = (id: number): boolean => !learnt.has(id) || now() >= (retryAtMs.get(id) ?? Infinity);

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
        if (read.offset === value.length) return { ok: true, value: read.value as AvroValues[Topic] };
      } catch {
        // Corrupt as well: avsc throws for some bytes, and stops before the end for others.
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
