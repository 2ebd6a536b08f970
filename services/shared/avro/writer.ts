import { type AvroTopicId, type AvroValues, schemaSubject, topicDefinitions } from '../call-events/topics.ts';
import { avroType, readSchema } from './avro-type.ts';
import { type Registry, RegistryError } from './registry.ts';
import { toWireFormat } from './wire-format.ts';

/** Encodes values in the Confluent wire format, with a schema that the registry knows. */
export type Writer<T> = Readonly<{
  schemaId: number;
  /** Throws if the value does not match the schema, which would be a bug: values are parsed before they get here. */
  encode: (value: T) => Buffer;
}>;

/**
 * A writer of the values of a topic. Registers the schema once and keeps its id, so encoding never calls the registry. Throws RegistryError when the registry is
 * unavailable (retriable) or refuses the schema (not retriable).
 */
export async function createWriter<Topic extends AvroTopicId>(
  registry: Registry,
  topicPrefix: string,
  topic: Topic,
): Promise<Writer<AvroValues[Topic]>> {
  return writerWithId(await registerSchema(registry, topicPrefix, topic), topic);
}

/** The id of a topic's schema, which is registered if it is not yet. Throws RegistryError. */
export async function registerSchema(registry: Registry, topicPrefix: string, topic: AvroTopicId): Promise<number> {
  const subject = schemaSubject(topicPrefix, topic);
  return registry.register(subject, readSchema(topicDefinitions[topic].schema)).catch((error: unknown) => {
    throw error instanceof RegistryError ? error : new RegistryError(`Could not register ${subject}`, { cause: error });
  });
}

/** A writer with an id that the registry assigned to the topic's schema earlier. */
export function writerWithId<Topic extends AvroTopicId>(schemaId: number, topic: Topic): Writer<AvroValues[Topic]> {
  const type = avroType(readSchema(topicDefinitions[topic].schema));
  return { schemaId, encode: (value) => toWireFormat(schemaId, type.toBuffer(value)) };
}
