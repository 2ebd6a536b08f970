import { createReader, type Reader } from '../shared/avro/reader.ts';
import type { CheckedRegistry } from '../shared/avro/schema-ids/checked-registry.ts';
import { SchemaIdsError } from '../shared/avro/schema-ids/schema-ids-error.ts';
import { waitForRegistry } from '../shared/avro/wait-for-registry.ts';
import type { UserCallMetrics } from '../shared/call-events/avro-types.generated.ts';
import { isTableKey, LIFETIME, tableKeyOf } from '../shared/call-events/table-key.ts';
import { schemaSubject, topicName } from '../shared/call-events/topics.ts';
import type { TableRecord } from '../shared/kafka/table-reader/table-reader.ts';
import type { Logger } from '../shared/observability/logger.ts';
import { summaryOf } from '../shared/observability/summarise.ts';
import type { LifetimeTable } from './domain/lifetime-table.ts';

export type TableIntakeOptions = Readonly<{
  table: LifetimeTable;
  topicPrefix: string;
  schemas: CheckedRegistry;
  registryUrl: string;
  /** A record could not be decoded, or its key does not match its value, and is left out. */
  onUndecodable: () => void;
  logger: Logger;
}>;

/** Reasons that no schema could fix: another tool wrote the record. */
const foreignReasons: ReadonlySet<string> = new Set(['unreadable-batch', 'wrong-key', 'not-wire-format']);

/**
 * Applies records of `user-call-metrics` to the table, in order. Waits while the registry is unavailable. Rejects with SchemaIdsError if the table may have been
 * written with another registry: then none of its totals could be trusted.
 */
export function createTableIntake(options: TableIntakeOptions): (records: readonly TableRecord[]) => Promise<void> {
  const { table, topicPrefix, schemas, registryUrl, onUndecodable, logger } = options;
  const topic = topicName(topicPrefix, 'userCallMetrics');
  const values = createReader(schemas, 'userCallMetrics');

  const reject = ({ partition, offset }: TableRecord, reason: string): void => {
    // An older release wrote the table without logging its schema ids, so every total in it may be unreadable.
    if (!foreignReasons.has(reason) && !schemas.isWritten(schemaSubject(topicPrefix, 'userCallMetrics')))
      throw new SchemaIdsError(registryUrl, [
        `a record of ${topic} (partition ${partition}, offset ${offset}) cannot be read with its schemas (${reason})`,
      ]);
    onUndecodable();
    summaryOf(logger).error('table-record-undecodable', reason, { topic, partition, offset, reason });
  };

  return async (records) => {
    const written = records.flatMap(({ value, unreadable }) => (value === null || unreadable !== null ? [] : [value]));
    await waitForRegistry(logger, () => values.learn(written));
    for (const record of records) {
      const reason = apply(table, values, record);
      if (reason !== null) reject(record, reason);
    }
  };
}

/** Applies a record; returns why it was left out, or null. */
function apply(
  table: LifetimeTable,
  values: Reader<UserCallMetrics>,
  { key, value, unreadable }: TableRecord,
): string | null {
  if (unreadable !== null) return 'unreadable-batch';
  if (key === null || !isTableKey(key)) return 'wrong-key';
  if (!key.endsWith(`/${LIFETIME}`)) return null;
  const decoded = value === null ? null : values.decode(value);
  if (decoded === null) table.delete(key);
  else if (!decoded.ok) return decoded.reason;
  else if (tableKeyOf(decoded.value) !== key) return 'wrong-key';
  else table.set(key, decoded.value);
  return null;
}
