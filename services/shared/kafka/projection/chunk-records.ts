import type { TargetRecord } from '../../projection/records.ts';

/** Half of the broker's default limit for a batch, which is what kafkajs makes of the records of one send. */
const CHUNK_BYTES = 512 * 1024;
/** Roughly what Kafka adds to a record. */
const OVERHEAD_BYTES = 64;

/** The records in their order, in parts that each fit into one batch per topic; a record larger than that is a part of its own. */
export function* chunkRecords(records: readonly TargetRecord[]): Generator<readonly TargetRecord[]> {
  let chunk: TargetRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (chunk.length > 0 && bytes + size > CHUNK_BYTES) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

function sizeOf({ key, value, headers = {} }: TargetRecord): number {
  let bytes = OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of Object.entries(headers)) bytes += name.length + String(header ?? '').length + 4;
  return bytes;
}
