import { schemaFingerprint } from '../shared/avro/avro-type.ts';
import type { Registry } from '../shared/avro/registry.ts';
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

export const eventKinds = ['callLog', 'voicemail'] as const satisfies readonly EventKind[];

/** Registers the schemas of the events. Throws what the registry throws: RegistryError where it is unavailable or refuses one. */
export async function registerSchemas(registry: Registry, topicPrefix: string): Promise<SchemaIds> {
  const idOf = (kind: EventKind): Promise<number> =>
    registerSchema(registry, topicName(topicPrefix, topicOfEvent[kind]), schemaOfEvent[kind]);
  return { callLog: await idOf('callLog'), voicemail: await idOf('voicemail') };
}

/** An id that the registry once gave a schema of ours, and that schema's `schemaFingerprint`. */
export type DealtId = Readonly<{ kind: EventKind; id: number; fingerprint: string }>;

/**
 * Those ids under which the registry has another schema or none. It asks only: nothing is registered with a registry that may be the wrong one. Throws
 * RegistryError where it is unavailable.
 */
export async function idsNotThere(registry: Registry, dealt: readonly DealtId[]): Promise<readonly DealtId[]> {
  const notThere: DealtId[] = [];
  for (const one of dealt) {
    const schema = await registry.schemaById(one.id);
    if (schema === null || schemaFingerprint(schema) !== one.fingerprint) notThere.push(one);
  }
  return notThere;
}

/** How events become bytes under these ids. */
export function encodersWith(ids: SchemaIds, { registry }: Pick<IngressConfig, 'registry'>): Encoders {
  return {
    callLog: writerWithId<CallLog>(ids.callLog, schemaOfEvent.callLog),
    voicemail: writerWithId<Voicemail>(ids.voicemail, schemaOfEvent.voicemail),
    schemaUri: (schemaId) => `${registry.url}/schemas/ids/${schemaId}`,
  };
}

/** Registers the schemas and keeps their ids. Throws like `registerSchemas`. */
export const createEncoders = async (
  registry: Registry,
  config: Pick<IngressConfig, 'registry' | 'kafka'>,
): Promise<Encoders> => encodersWith(await registerSchemas(registry, config.kafka.topicPrefix), config);
