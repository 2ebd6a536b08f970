import type { Message } from 'kafkajs';
import { valuesOf } from '../../projection/record-bytes.ts';
import type { RecordHeaders } from '../../projection/records.ts';

/** Headers in the form that kafkajs accepts. It cannot write a null value, so a header whose only value is null is left out. */
export function writableHeaders(headers: RecordHeaders): NonNullable<Message['headers']> {
  const entries = Object.entries(headers).map(([name, values]) => {
    const written = valuesOf(values).filter((value) => value !== null);
    return [name, written.length === 1 ? written[0] : written] as const;
  });
  return Object.fromEntries(entries);
}
