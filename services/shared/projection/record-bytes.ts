import type { HeaderValue, RecordHeaders, TargetRecord } from './records.ts';

/** What Kafka adds to a record at the most: lengths, and its distance in time and offset to the first of its batch. */
const RECORD_OVERHEAD_BYTES = 40;
/** The lengths of a header's name and value. */
const HEADER_OVERHEAD_BYTES = 10;

/** The bytes that a record takes in a batch, at the most, without compression. */
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

/** The values of a header's name, in their order. */
export const valuesOf = (values: RecordHeaders[string]): readonly HeaderValue[] =>
  values === undefined
    ? []
    : values === null || typeof values === 'string' || Buffer.isBuffer(values)
      ? [values]
      : values;

const bytesOf = (bytes: Buffer | string | null): number => (bytes === null ? 0 : Buffer.byteLength(bytes));
