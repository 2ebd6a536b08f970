import type { CopiedRecord } from '../../shared/kafka/transactions/copy-writer.ts';
import type { SourceRecord } from '../../shared/projection/records.ts';

/** The header of a copy that locates its original: `<topic>/<partition>/<offset>`. */
export const COPIED_FROM = 'copied-from';

/** Where a run resumes copying: by `<topic>/<partition>` of the originals, the offset after the last one copied. */
export type CopiedUpTo = Map<string, number>;

/** Takes the header of a copy into account; a missing or foreign header is ignored. */
export function trackCopy(copied: CopiedUpTo, header: string | undefined): void {
  const [, place, offset] = /^(.+\/\d+)\/(\d+)$/.exec(header ?? '') ?? [];
  if (place === undefined) return;
  copied.set(place, Math.max(copied.get(place) ?? 0, Number(offset) + 1));
}

/** The record for a topic with another number of partitions: a key goes where every client's default partitioner puts it. */
export function copyOf(
  record: SourceRecord,
  topic: string,
  partitions: number,
  partitionOf: (key: string) => number,
): CopiedRecord {
  const { key, value, headers } = record;
  return {
    topic,
    partition: key === null ? record.partition % partitions : partitionOf(key.toString()),
    key,
    value,
    headers: { ...headers, [COPIED_FROM]: `${record.topic}/${record.partition}/${record.offset}` },
  };
}
