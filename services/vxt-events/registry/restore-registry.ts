import { connectRegistry, type RegistrySettings, registrySecurity } from '../../shared/avro/registry.ts';
import { askRegistry } from '../../shared/avro/registry-request.ts';
import { differences } from '../../shared/avro/schema-ids/checked-registry.ts';
import type { WrittenId } from '../../shared/avro/schema-ids/written-id.ts';
import { createKafka, type KafkaSettings } from '../../shared/kafka/connection.ts';
import { ensureTopics } from '../../shared/kafka/ensure-topics.ts';
import { schemaIdLog } from '../../shared/kafka/schema-id-log.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { importIntoApicurio, isApicurio } from './import-into-apicurio.ts';
import { importIntoConfluent } from './import-into-confluent.ts';
import { type AskRegistry, assertAgreed } from './import-schemas.ts';

/** What the log was written with, by whether the registry had it before. */
export type Restored = Readonly<{ there: readonly WrittenId[]; missing: readonly WrittenId[] }>;

/** Reads what the log was written with, and gives it to the registry: see `restoreSchemas`. Throws, too, what Kafka says. */
export async function restoreRegistry(
  { kafka: settings, registry }: Readonly<{ kafka: KafkaSettings; registry: RegistrySettings }>,
  logger: Logger,
  act: boolean,
): Promise<Restored> {
  const kafka = createKafka(settings, 'vxt-call-metrics-registry-restore', logger);
  const topics = { reads: ['schemaIds'], writes: [] } as const;
  await ensureTopics(kafka, topics, { ...settings, createTopics: false }, logger);
  const written = await schemaIdLog(kafka, settings.topicPrefix, `${settings.topicPrefix}call-metrics-reader-`).read();
  if (written.length === 0) throw new Error('The log does not say which schema ids it was written with');
  return restoreSchemas(written, registry, act);
}

/**
 * Gives a registry what it misses of these schemas, each under its id; with `act` false it only looks. Throws where the registry has something else under one of
 * these ids, or one of these schemas under another id: then nothing was changed.
 */
export async function restoreSchemas(
  written: readonly WrittenId[],
  registry: RegistrySettings,
  act: boolean,
): Promise<Restored> {
  const url = registry.url.replace(/\/$/, '');
  const security = registrySecurity(registry);
  const ask: AskRegistry = (path, request) => askRegistry(path, security, request);
  const client = connectRegistry(registry);
  const there: WrittenId[] = [];
  const missing: WrittenId[] = [];
  const problems: string[] = [];
  for (const one of written) {
    const elsewhere = await idThere(ask, url, one);
    if (elsewhere !== null && elsewhere !== one.id)
      problems.push(`${one.subject} has under id ${elsewhere} what was written with ${one.id}`);
    const schema = await client.schemaById(one.id);
    if (schema === null) missing.push(one);
    else {
      problems.push(...(await differences({ schemaById: async () => schema }, [one])));
      there.push(one);
    }
  }
  if (problems.length > 0)
    throw new Error(
      `The registry at ${url} was begun anew: ${problems.join('; ')}. Nothing was changed. Remove its data, and restore it before a service starts`,
    );
  if (act && missing.length > 0) {
    await (isApicurio(url) ? importIntoApicurio : importIntoConfluent)(ask, url, missing);
    for (const subject of new Set(missing.map((one) => one.subject))) await keepCompatible(ask, url, subject);
    const left = await differences(client, written);
    if (left.length > 0) throw new Error(`The registry at ${url} did not take all schemas: ${left.join('; ')}`);
  }
  return { there, missing };
}

/** As the services set it for a new subject; one that has another level they refuse. */
async function keepCompatible(ask: AskRegistry, url: string, subject: string): Promise<void> {
  const answer = await ask(`${url}/config/${encodeURIComponent(subject)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ compatibility: 'FULL_TRANSITIVE' }),
  });
  assertAgreed(answer, `set the compatibility of ${subject}`);
}

/** The id that the registry has for this schema of this subject; null where it has none. */
async function idThere(ask: AskRegistry, url: string, { subject, schema }: WrittenId): Promise<number | null> {
  const { status, body } = await ask(`${url}/subjects/${encodeURIComponent(subject)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema }),
  });
  const said: unknown = status === 200 ? JSON.parse(body) : null;
  return typeof said === 'object' && said !== null && 'id' in said ? Number(said.id) : null;
}
