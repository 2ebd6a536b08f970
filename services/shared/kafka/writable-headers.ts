import type { Message } from 'kafkajs';
import { valuesOf } from '../projection/record-bytes.ts';
import type { RecordHeaders } from '../projection/records.ts';

/** Headers as kafkajs takes them. It cannot write one whose value is null: such a one is written without a value. */
export function writableHeaders(headers: RecordHeaders): NonNullable<Message['headers']> {
  const entries = Object.entries(headers).map(([name, values]) => {
    const written = valuesOf(values).filter((value) => value !== null);
    return [name, written.length === 1 ? written[0] : written] as const;
  });
  return Object.fromEntries(entries);
}
