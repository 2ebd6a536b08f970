import { createReader } from '../shared/avro/reader.ts';
import { connectRegistry, type RegistrySettings } from '../shared/avro/registry.ts';
import { askingOnly } from '../shared/avro/schema-ids/asking-only.ts';
import { type CheckedRegistry, checkRegistry } from '../shared/avro/schema-ids/checked-registry.ts';
import { SchemaIdsError } from '../shared/avro/schema-ids/schema-ids-error.ts';
import { topicName } from '../shared/call-events/topics.ts';
import type { createKafka } from '../shared/kafka/connection.ts';
import { readToEnd } from '../shared/kafka/read-to-end.ts';
import { schemaIdLog } from '../shared/kafka/schema-id-log.ts';
import { type Codecs, createCodecs } from './codecs.ts';

/** Groups of readers begin with this, behind the topics' prefix. */
export const readerGroupPrefixOf = (topicPrefix: string): string => `${topicPrefix}call-metrics-reader-`;

/**
 * The codecs, with a registry that is the one the log was written with. With `dryRun` nothing is registered. `onError` is called for each request to the registry
 * that failed. Throws SchemaIdsError where it is another one, RegistryError where it is unavailable or refuses a schema, and what Kafka says.
 */
export async function openCodecs(
  kafka: ReturnType<typeof createKafka>,
  settings: RegistrySettings,
  topicPrefix: string,
  { dryRun = false, onError }: Readonly<{ dryRun?: boolean; onError?: () => void }>,
): Promise<Codecs> {
  const groupPrefix = readerGroupPrefixOf(topicPrefix);
  const ids = schemaIdLog(kafka, topicPrefix, groupPrefix);
  const schemas = await checkRegistry(connectRegistry(settings, onError), ids, settings.url);
  const state = topicName(topicPrefix, 'callMetricsState');
  if (!schemas.isWritten(`${state}-value`)) {
    const records = await readToEnd(kafka, state, groupPrefix);
    await assertReadable(
      schemas,
      settings.url,
      records.flatMap(({ value }) => value ?? []),
    );
  }
  return createCodecs(dryRun ? askingOnly(schemas) : schemas, topicPrefix);
}

/** The states of a release that did not tell the log its schema ids: what the registry says is told the log only if it reads them. */
async function assertReadable(schemas: CheckedRegistry, url: string, states: readonly Buffer[]): Promise<void> {
  const reader = createReader(schemas, 'call-metrics-state');
  await reader.learn(states);
  for (const state of states) {
    const decoded = reader.decode(state);
    if (decoded.ok || decoded.reason === 'not-wire-format') continue;
    throw new SchemaIdsError(url, [`a state of call-metrics cannot be read with its schemas (${decoded.reason})`]);
  }
}
