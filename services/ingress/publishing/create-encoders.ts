import { schemaFingerprint } from '../../shared/avro/avro-type.ts';
import type { Registry } from '../../shared/avro/registry.ts';
import { registerSchema, writerWithId } from '../../shared/avro/writer.ts';
import { type EventKind, topicOfEvent } from '../../shared/call-events/topics.ts';
import type { IngressConfig } from '../config.ts';
import type { Encoders } from '../domain/event-message.ts';

/** The registry's id for the schema of each kind of event. */
export type SchemaIds = Readonly<Record<EventKind, number>>;

/** Registers the schemas of the events. Throws RegistryError if the registry is unavailable or refuses one. */
export async function registerSchemas(registry: Registry, topicPrefix: string): Promise<SchemaIds> {
  const idOf = (kind: EventKind): Promise<number> => registerSchema(registry, topicPrefix, topicOfEvent[kind]);
  return { callLog: await idOf('callLog'), voicemail: await idOf('voicemail') };
}

/** An id that the registry once assigned to one of our schemas, and that schema's `schemaFingerprint`. */
export type AssignedId = Readonly<{ kind: EventKind; id: number; fingerprint: string }>;

/**
 * The ids under which the registry has another schema or none. Registers nothing, as the registry may be the wrong one. Throws RegistryError if it is unavailable.
 */
export async function mismatchedIds(
  registry: Registry,
  assigned: readonly AssignedId[],
): Promise<readonly AssignedId[]> {
  const mismatched: AssignedId[] = [];
  for (const one of assigned) {
    const schema = await registry.schemaById(one.id);
    if (schema === null || schemaFingerprint(schema) !== one.fingerprint) mismatched.push(one);
  }
  return mismatched;
}

/** Encoders that write these ids. */
export function encodersWith(ids: SchemaIds, { registry }: Pick<IngressConfig, 'registry'>): Encoders {
  return {
    callLog: writerWithId(ids.callLog, topicOfEvent.callLog),
    voicemail: writerWithId(ids.voicemail, topicOfEvent.voicemail),
    schemaUri: (schemaId) => `${registry.url}/schemas/ids/${schemaId}`,
  };
}

/** Registers the schemas and returns encoders for them. Throws like `registerSchemas`. */
export const createEncoders = async (
  registry: Registry,
  config: Pick<IngressConfig, 'registry' | 'kafka'>,
): Promise<Encoders> => encodersWith(await registerSchemas(registry, config.kafka.topicPrefix), config);
