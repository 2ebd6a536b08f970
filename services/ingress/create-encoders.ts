import { connectRegistry } from '../shared/avro/registry.ts';
import { createWriter } from '../shared/avro/writer.ts';
import type { CallLog, Voicemail } from '../shared/call-events/avro-types.generated.ts';
import { topicName } from '../shared/call-events/topics.ts';
import type { IngressConfig } from './config.ts';
import type { Encoders } from './domain/event-message.ts';

/** Registers the schemas of the events and keeps their ids. Throws RegistryError where the registry is away or refuses one. */
export async function createEncoders({
  registry: settings,
  kafka,
}: Pick<IngressConfig, 'registry' | 'kafka'>): Promise<Encoders> {
  const registry = connectRegistry(settings);
  return {
    callLog: await createWriter<CallLog>(registry, topicName(kafka.topicPrefix, 'callLogs'), 'call-log'),
    voicemail: await createWriter<Voicemail>(registry, topicName(kafka.topicPrefix, 'voicemails'), 'voicemail'),
    schemaUri: (schemaId) => `${settings.url}/schemas/ids/${schemaId}`,
  };
}
