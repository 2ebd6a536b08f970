import { isSameSchema, readSchema } from '../shared/avro/avro-type.ts';
import { connectRegistry } from '../shared/avro/registry.ts';
import { registerSchema, writerWithId } from '../shared/avro/writer.ts';
import type { CallLog, Voicemail } from '../shared/call-events/avro-types.generated.ts';
import { type EventKind, topicName, topicOfEvent } from '../shared/call-events/topics.ts';
import type { IngressConfig } from './config.ts';
import type { Encoders } from './domain/event-message.ts';

/** The registry's id for the schema of each kind of event. */
export type SchemaIds = Readonly<Record<EventKind, number>>;

export const schemaOfEvent = { callLog: 'call-log', voicemail: 'voicemail' } as const satisfies Record<
  EventKind,
  string
>;

type Config = Pick<IngressConfig, 'registry' | 'kafka'>;

/** Registers the schemas of the events. Throws RegistryError where the registry is away or refuses one. */
export async function registerSchemas({ registry: settings, kafka }: Config): Promise<SchemaIds> {
  const registry = connectRegistry(settings);
  const idOf = (kind: EventKind): Promise<number> =>
    registerSchema(registry, topicName(kafka.topicPrefix, topicOfEvent[kind]), schemaOfEvent[kind]);
  return { callLog: await idOf('callLog'), voicemail: await idOf('voicemail') };
}

/**
 * Whether the registry knows our schemas under these ids. It asks only: nothing is registered with a registry that may be the wrong one. Throws RegistryError
 * where it is unavailable.
 */
export async function knowsSchemas({ registry: settings }: Config, ids: SchemaIds): Promise<boolean> {
  const registry = connectRegistry(settings);
  for (const kind of ['callLog', 'voicemail'] as const) {
    const schema = await registry.schemaById(ids[kind]);
    if (schema === null || !isSameSchema(schema, readSchema(schemaOfEvent[kind]))) return false;
  }
  return true;
}

/** How events become bytes under these ids. */
export function encodersWith(ids: SchemaIds, { registry }: Pick<Config, 'registry'>): Encoders {
  return {
    callLog: writerWithId<CallLog>(ids.callLog, schemaOfEvent.callLog),
    voicemail: writerWithId<Voicemail>(ids.voicemail, schemaOfEvent.voicemail),
    schemaUri: (schemaId) => `${registry.url}/schemas/ids/${schemaId}`,
  };
}

/** Registers the schemas and keeps their ids. Throws like `registerSchemas`. */
export const createEncoders = async (config: Config): Promise<Encoders> =>
  encodersWith(await registerSchemas(config), config);
