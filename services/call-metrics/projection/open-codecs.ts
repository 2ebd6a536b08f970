import { createReader } from '../../shared/avro/reader.ts';
import { connectRegistry, type RegistrySettings } from '../../shared/avro/registry.ts';
import { type CheckedRegistry, checkRegistry } from '../../shared/avro/schema-ids/checked-registry.ts';
import { dryRunRegistry } from '../../shared/avro/schema-ids/dry-run-registry.ts';
import { SchemaIdsError } from '../../shared/avro/schema-ids/schema-ids-error.ts';
import { schemaSubject, topicName } from '../../shared/call-events/topics.ts';
import type { createKafka } from '../../shared/kafka/client/connection.ts';
import { readToEnd } from '../../shared/kafka/table-reader/read-to-end.ts';
import { schemaIdLog } from '../../shared/kafka/topics/schema-id-log.ts';
import { type Codecs, createCodecs } from './codecs.ts';

/** The group ids of readers begin with this. */
export const readerGroupPrefixOf = (topicPrefix: string): string => `${topicPrefix}call-metrics-reader-`;

/**
 * Creates the codecs, and verifies that the registry is the one that the log was written with. With `dryRun`, nothing is
 * registered. `onError` is called for each failed request to the registry. Throws SchemaIdsError for another registry,
 * RegistryError if it is unavailable or refuses a schema, and Kafka's errors.
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
  if (!schemas.isWritten(schemaSubject(topicPrefix, 'callMetricsState'))) {
    const records = await readToEnd(kafka, topicName(topicPrefix, 'callMetricsState'), groupPrefix);
    await assertReadable(
      schemas,
      settings.url,
      records.flatMap(({ value }) => value ?? []),
    );
  }
  return createCodecs(dryRun ? dryRunRegistry(schemas) : schemas, topicPrefix);
}

/**
 * For states of a release that did not record its schema ids in the log: the registry's ids are recorded only if its
 * schemas can read those states.
 */
async function assertReadable(schemas: CheckedRegistry, url: string, states: readonly Buffer[]): Promise<void> {
  const reader = createReader(schemas, 'callMetricsState');
  await reader.learn(states);
  for (const state of states) {
    const decoded = reader.decode(state);
    if (decoded.ok || decoded.reason === 'not-wire-format') continue;
    throw new SchemaIdsError(url, [`a state of call-metrics cannot be read with its schemas (${decoded.reason})`]);
  }
}
