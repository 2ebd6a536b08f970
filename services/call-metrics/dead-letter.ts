import { hash } from 'node:crypto';
import type { Undecodable } from '../shared/avro/reader.ts';
import { recordBytes, valuesOf } from '../shared/projection/record-bytes.ts';
import type { RecordHeaders, SourceRecord, TargetRecord } from '../shared/projection/records.ts';
import type { Impossible } from './domain/counted-event.ts';

/** Why a record is not counted: it can never be decoded, or says what cannot be. */
export type DeadLetterReason =
  | Undecodable
  | Impossible
  | 'no-value'
  | 'wrong-partition'
  | 'identifier-too-long'
  | 'unreadable-batch';

/** Of a batch, beside the records in it. */
const BATCH_OVERHEAD_BYTES = 100;
/** A longer key is told by its hash where the record itself does not fit. */
const MAX_KEPT_KEY_BYTES = 1_024;

/**
 * The record as it came, with where it was and what is wrong with it in its headers. One that takes more than `maxBytes`, the `max.message.bytes` of the
 * dead letters, is told by place, reason and hash instead: it stays in its own topic.
 */
export function deadLetter(
  record: SourceRecord,
  topic: string,
  reason: DeadLetterReason,
  maxBytes: number,
): TargetRecord {
  const place = placeOf(record, reason);
  const { key } = record;
  const value = record.value ?? Buffer.alloc(0);
  const headers = { ...ownHeaders(record.headers, place), ...place };
  if (recordBytes({ key, value, headers }) + BATCH_OVERHEAD_BYTES <= maxBytes) {
    return { topic, key: copyOf(key), value: copyOf(value), headers };
  }
  const isKept = key === null || key.length <= MAX_KEPT_KEY_BYTES;
  return {
    topic,
    key: isKept ? copyOf(key) : null,
    value: Buffer.alloc(0),
    headers: {
      ...place,
      'value-bytes': String(value.length),
      'value-sha256': hash('sha256', value),
      ...(isKept ? {} : { 'key-bytes': String(key.length), 'key-sha256': hash('sha256', key) }),
    },
  };
}

/** What was fetched, and what a batch was inflated to, must not stay in memory for one record of it. */
const copyOf = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));

function placeOf({ topic, partition, offset, unreadable = null }: SourceRecord, reason: DeadLetterReason) {
  const common = { topic, partition: String(partition), reason };
  if (unreadable === null) return { ...common, offset: String(offset) };
  // The batch's bytes are the value: all of its records are dead-lettered as one.
  const { firstOffset, records } = unreadable;
  return { ...common, offset: String(firstOffset), 'last-offset': String(offset), records: String(records) };
}

/** The record's own headers. Those named as ours get `record-` before their name; those that are null, which kafkajs cannot write, are listed by name. */
function ownHeaders(headers: RecordHeaders, ours: Readonly<Record<string, string>>): RecordHeaders {
  const kept: [string, RecordHeaders[string]][] = [];
  const nulls: string[] = [];
  for (const [name, given] of Object.entries(headers)) {
    const values = valuesOf(given).filter((value) => value !== null);
    if (values.length < valuesOf(given).length) nulls.push(name);
    const copies = values.map((value) => (typeof value === 'string' ? value : Buffer.from(value)));
    if (copies.length > 0)
      kept.push([Object.hasOwn(ours, name) ? `record-${name}` : name, copies.length === 1 ? copies[0] : copies]);
  }
  return { ...Object.fromEntries(kept), ...(nulls.length === 0 ? {} : { 'null-headers': JSON.stringify(nulls) }) };
}
