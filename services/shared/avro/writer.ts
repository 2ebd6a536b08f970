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
  return writerWithId(await registerSchema(registry, topic, schema), schema);
}

/** The id of the schema under `<topic>-value`, which is registered where it is not yet. Throws RegistryError. */
export async function registerSchema(registry: Registry, topic: string, schema: SchemaName): Promise<number> {
  const subject = `${topic}-value`;
  return registry.register(subject, readSchema(schema)).catch((error: unknown) => {
    throw error instanceof RegistryError ? error : new RegistryError(`Could not register ${subject}`, { cause: error });
  });
}

/** A writer under an id that the registry gave this schema before. */
export function writerWithId<T>(schemaId: number, schema: SchemaName): Writer<T> {
  const type = avroType(readSchema(schema));
  return { schemaId, encode: (value) => toWireFormat(schemaId, type.toBuffer(value)) };
}
