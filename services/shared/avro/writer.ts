import { avroType, readSchema, type SchemaName } from './avro-type.ts';
import { type Registry, RegistryError } from './registry.ts';
import { toWireFormat } from './wire-format.ts';

/** Turns values into bytes in the Confluent wire format, under a schema that the registry knows. */
export type Writer<T> = Readonly<{
  schemaId: number;
  /** Throws if the value does not fit the schema: a bug, as values are parsed before they come here. */
  encode: (value: T) => Buffer;
}>;

/**
 * Registers the schema under `<topic>-value`, once, and keeps the id: encoding never calls the registry.
 * Throws RegistryError when the registry is away (retriable) or refuses the schema (not retriable).
 */
export async function createWriter<T>(registry: Registry, topic: string, schema: SchemaName): Promise<Writer<T>> {
  const subject = `${topic}-value`;
  const json = readSchema(schema);
  const schemaId = await registry.register(subject, json).catch((error: unknown) => {
    throw error instanceof RegistryError ? error : new RegistryError(`Could not register ${subject}`, { cause: error });
  });
  const type = avroType(json);
  return { schemaId, encode: (value) => toWireFormat(schemaId, type.toBuffer(value)) };
}
