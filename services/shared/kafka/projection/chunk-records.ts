import { recordBytes } from '../../projection/record-bytes.ts';
import type { TargetRecord } from '../../projection/records.ts';

/** Half of the broker's default limit for a batch, which is what kafkajs makes of the records of one send. */
const CHUNK_BYTES = 512 * 1024;

/** The records in their order, in parts that each fit into one batch per topic; a record larger than that is a part of its own. */
export function* chunkRecords<T extends TargetRecord>(records: readonly T[]): Generator<readonly T[]> {
  let chunk: T[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = recordBytes(record);
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
