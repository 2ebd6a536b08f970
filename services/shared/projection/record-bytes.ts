import type { HeaderValue, RecordHeaders, TargetRecord } from './records.ts';

/** The most that Kafka adds to a record: lengths, and its time and offset relative to the first of its batch. */
const RECORD_OVERHEAD_BYTES = 40;
/** The most that the lengths of a header's name and value take. */
const HEADER_OVERHEAD_BYTES = 10;

/** An upper bound of the bytes that a record takes in an uncompressed batch. */
export function recordBytes({ key, value, headers = {} }: Pick<TargetRecord, 'key' | 'value' | 'headers'>): number {
  return RECORD_OVERHEAD_BYTES + bytesOf(key) + bytesOf(value) + headerBytes(headers);
}

function headerBytes(headers: RecordHeaders): number {
  let bytes = 0;
  for (const [name, values] of Object.entries(headers)) {
    for (const value of valuesOf(values)) bytes += HEADER_OVERHEAD_BYTES + Buffer.byteLength(name) + bytesOf(value);
  }
  return bytes;
}

/** The values of a header, in order: its name may occur more than once. */
export const valuesOf = (values: RecordHeaders[string]): readonly HeaderValue[] =>
  values === undefined
    ? []
    : values === null || typeof values === 'string' || Buffer.isBuffer(values)
      ? [values]
      : values;

const bytesOf = (bytes: Buffer | string | null): number => (bytes === null ? 0 : Buffer.byteLength(bytes));
