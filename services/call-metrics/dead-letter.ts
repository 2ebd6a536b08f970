import type { Undecodable } from '../shared/avro/reader.ts';
import type { SourceRecord, TargetRecord } from '../shared/projection/records.ts';
import type { Impossible } from './domain/counted-event.ts';

/** Why a record is not counted: it can never be decoded, or says what cannot be. */
export type DeadLetterReason = Undecodable | Impossible | 'no-value' | 'wrong-partition';

/** The record as it came, with where it was and what is wrong with it in its headers. */
export function deadLetter(record: SourceRecord, topic: string, reason: DeadLetterReason): TargetRecord {
  return {
    topic,
    key: record.key,
    value: record.value ?? Buffer.alloc(0),
    headers: {
      ...record.headers,
      topic: record.topic,
      partition: String(record.partition),
      offset: String(record.offset),
      reason,
    },
  };
}
