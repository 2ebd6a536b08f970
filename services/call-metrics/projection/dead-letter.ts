import { hash } from 'node:crypto';
import type { Undecodable } from '../../shared/avro/reader.ts';
import { recordBytes, valuesOf } from '../../shared/projection/record-bytes.ts';
import type { RecordHeaders, SourceRecord, TargetRecord } from '../../shared/projection/records.ts';
import type { Impossible } from '../domain/counted-event.ts';

/** Why a record is not counted: it can never be decoded, or its content is impossible. */
export type DeadLetterReason =
  | Undecodable
  | Impossible
  | 'no-value'
  | 'wrong-partition'
  | 'identifier-too-long'
  | 'unreadable-batch';

/** The most that a batch takes in addition to its records. */
const BATCH_OVERHEAD_BYTES = 100;
/** If the record does not fit, a key longer than this is replaced by its hash. */
const MAX_KEPT_KEY_BYTES = 1_024;

/**
 * The original record, with its place and the reason in additional headers. If it exceeds `maxBytes`, the
 * `max.message.bytes` of the dead letters, only place, reason and hashes are kept: the record remains in its own topic.
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

/** A copy, so that one dead letter does not keep a whole fetched or decompressed batch in memory. */
const copyOf = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));

function placeOf({ topic, partition, offset, unreadable = null }: SourceRecord, reason: DeadLetterReason) {
  const common = { topic, partition: String(partition), reason };
  if (unreadable === null) return { ...common, offset: String(offset) };
  // An unreadable batch is one dead letter: its bytes are the value, and the headers name its offsets.
  const { firstOffset, records } = unreadable;
  return { ...common, offset: String(firstOffset), 'last-offset': String(offset), records: String(records) };
}

/**
 * The record's own headers. One whose name we use gets the prefix `record-`; null values, which kafkajs cannot write, are
 * listed by name in `null-headers`.
 */
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
