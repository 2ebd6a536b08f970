import { recordBytes } from '../../projection/record-bytes.ts';
import type { TargetRecord } from '../../projection/records.ts';

/** Half of the broker's default limit for a batch: kafkajs puts all records of one send to a partition into one batch. */
const MAX_CHUNK_BYTES = 512 * 1024;

/** Splits the records, in order, into chunks that each fit into one batch per topic. A record above the limit is a chunk of its own. */
export function* chunkRecords<T extends TargetRecord>(records: readonly T[]): Generator<readonly T[]> {
  let chunk: T[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = recordBytes(record);
    if (chunk.length > 0 && bytes + size > MAX_CHUNK_BYTES) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
