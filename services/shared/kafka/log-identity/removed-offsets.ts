import type { Batch } from 'kafkajs';
import { isEndOfEmptied } from '../kafkajs-patches/fetch/unreadable-batch.ts';

/** Offsets that a log no longer holds; `to` is exclusive. */
export type OffsetRange = Readonly<{ from: number; to: number }>;

type Received = Readonly<{ offset: string; isControlRecord: boolean; key: Buffer | null }>;

/**
 * The first offsets that are missing between the requested offset and the end of a batch; null if none are. A log that is never compacted
 * has every offset: kafkajs also receives transaction markers and aborted records, although it delivers neither.
 */
export function removedOffsets(
  batch: Batch & { fetchedOffset?: unknown; rawMessages?: readonly Received[] },
): OffsetRange | null {
  let next = Number(batch.fetchedOffset ?? batch.firstOffset());
  for (const received of batch.rawMessages ?? []) {
    const offset = Number(received.offset);
    if (offset < next) continue;
    if (offset > next) return { from: next, to: offset };
    next = offset + 1;
    if (isEndOfEmptied(received)) return { from: offset, to: next };
  }
  return null;
}
