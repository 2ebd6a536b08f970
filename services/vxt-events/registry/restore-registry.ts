import { connectRegistry, type RegistrySettings, registrySecurity } from '../../shared/avro/registry.ts';
import { askRegistry } from '../../shared/avro/registry-request.ts';
import { differences } from '../../shared/avro/schema-ids/checked-registry.ts';
import type { WrittenId } from '../../shared/avro/schema-ids/written-id.ts';
import { createKafka, type KafkaSettings } from '../../shared/kafka/client/connection.ts';
import { ensureTopics } from '../../shared/kafka/topics/ensure-topics.ts';
import { schemaIdLog } from '../../shared/kafka/topics/schema-id-log.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { importIntoApicurio, isApicurio } from './import-into-apicurio.ts';
import { importIntoConfluent } from './import-into-confluent.ts';
import { type AskRegistry, assertAccepted } from './registry-import.ts';

/** The schemas that the log was written with, by whether the registry already had them. */
export type Restored = Readonly<{ present: readonly WrittenId[]; missing: readonly WrittenId[] }>;

/** Reads from Kafka which schemas the log was written with, and restores them: see `restoreSchemas`. Throws if Kafka is unavailable as well. */
export async function restoreRegistry(
  { kafka: settings, registry }: Readonly<{ kafka: KafkaSettings; registry: RegistrySettings }>,
  logger: Logger,
  apply: boolean,
): Promise<Restored> {
  const kafka = createKafka(settings, 'vxt-call-metrics-registry-restore', logger);
  const topics = { reads: ['schemaIds'], writes: [] } as const;
  await ensureTopics(kafka, topics, { ...settings, createTopics: false }, logger);
  const written = await schemaIdLog(kafka, settings.topicPrefix, `${settings.topicPrefix}call-metrics-reader-`).read();
  if (written.length === 0) throw new Error('The log does not say which schema ids it was written with');
  return restoreSchemas(written, registry, apply);
}

/**
 * Adds to a registry those of these schemas that it lacks, each under its id; without `apply` it only reports them. Throws if the registry has another schema under
 * one of the ids, or one of the schemas under another id: then nothing has been changed.
 */
export async function restoreSchemas(
  written: readonly WrittenId[],
  registry: RegistrySettings,
  apply: boolean,
): Promise<Restored> {
  const url = registry.url.replace(/\/$/, '');
  const security = registrySecurity(registry);
  const ask: AskRegistry = (path, request) => askRegistry(path, security, request);
  const client = connectRegistry(registry);
  const present: WrittenId[] = [];
  const missing: WrittenId[] = [];
  const problems: string[] = [];
  for (const one of written) {
    const registered = await registeredId(ask, url, one);
    if (registered !== null && registered !== one.id)
      problems.push(`${one.subject} has under id ${registered} the schema that was written with ${one.id}`);
    const schema = await client.schemaById(one.id);
    if (schema === null) missing.push(one);
    else {
      problems.push(...(await differences({ schemaById: async () => schema }, [one])));
      present.push(one);
    }
  }
  if (problems.length > 0)
    throw new Error(
      `The registry at ${url} is not the one that the log was written with: ${problems.join('; ')}. Nothing was changed. Remove its data, then restore it before any service starts`,
    );
  if (apply && missing.length > 0) {
    await (isApicurio(url) ? importIntoApicurio : importIntoConfluent)(ask, url, missing);
    for (const subject of new Set(missing.map((one) => one.subject))) await requireCompatibility(ask, url, subject);
    const left = await differences(client, written);
    if (left.length > 0) throw new Error(`The registry at ${url} did not accept all schemas: ${left.join('; ')}`);
  }
  return { present, missing };
}

/** Sets the level that the services set for a new subject; they refuse a subject with any other. */
async function requireCompatibility(ask: AskRegistry, url: string, subject: string): Promise<void> {
  const answer = await ask(`${url}/config/${encodeURIComponent(subject)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ compatibility: 'FULL_TRANSITIVE' }),
  });
  assertAccepted(answer, `set the compatibility of ${subject}`);
}

/** The id under which the registry has this schema of this subject; null if it has none. */
async function registeredId(ask: AskRegistry, url: string, { subject, schema }: WrittenId): Promise<number | null> {
  const { status, body } = await ask(`${url}/subjects/${encodeURIComponent(subject)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema }),
  });
  const answer: unknown = status === 200 ? JSON.parse(body) : null;
  return typeof answer === 'object' && answer !== null && 'id' in answer ? Number(answer.id) : null;
}
