import type { CopiedRecord } from '../../shared/kafka/copy-writer.ts';
import type { SourceRecord } from '../../shared/projection/records.ts';

/** Of a copy: where its original is, `<topic>/<partition>/<offset>`. */
export const COPIED_FROM = 'copied-from';

/** Where a copying run goes on: by `<topic>/<partition>` of the originals, the offset after the last that has a copy. */
export type CopiedUpTo = Map<string, number>;

/** Learns from the header of a copy; what is none, or says something else, tells nothing. */
export function noteCopy(copied: CopiedUpTo, header: string | undefined): void {
  const [, place, offset] = /^(.+\/\d+)\/(\d+)$/.exec(header ?? '') ?? [];
  if (place === undefined) return;
  copied.set(place, Math.max(copied.get(place) ?? 0, Number(offset) + 1));
}

/** The record for a topic with other partitions: each key goes where every client's default partitioner puts it. */
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
