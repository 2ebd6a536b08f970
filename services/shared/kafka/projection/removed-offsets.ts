import type { Batch } from 'kafkajs';
import { isEndOfEmptied } from '../fetch/unreadable-batch.ts';

/** Offsets that a log does not hold any more, `to` exclusive. */
export type OffsetRange = Readonly<{ from: number; to: number }>;

type Received = Readonly<{ offset: string; isControlRecord: boolean; key: Buffer | null }>;

/**
 * The first offsets that are missing from a batch between where it was fetched and its end; null where none are. A log that nobody compacts has them all: those of
 * transaction markers and of aborted records, too, which kafkajs receives and hands to nobody.
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
