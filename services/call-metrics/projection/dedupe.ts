import type { CallMetricsSeen } from '../../shared/call-events/avro-types.generated.ts';
import type { EventKind } from '../../shared/call-events/topics.ts';
import { seenEntry } from '../../shared/projection/seen-entry.ts';
import { createSeenIds, type SeenIds, type Sighting } from '../../shared/projection/seen-ids.ts';

/** Limit per input in one record of seen ids: two inputs stay well below the broker's default limit of 1 MiB. */
export const ENTRIES_PER_RECORD = 8_000;

/** The ids that one task has counted or is about to count. */
export type Dedupe = Readonly<{
  /**
   * Whether this event counts; a `new` one is remembered at once, and permanently once its transaction is committed.
   * `logTimeMs` is the time of its record and `nowMs` that of the log, from which the horizon is measured: both are log
   * times in milliseconds.
   */
  sight: (input: EventKind, id: string, content: Buffer, logTimeMs: number, nowMs: number) => Sighting;
  /** The ids remembered since the last call, as records of one transaction. Call it again only after `markCommitted`. */
  takeRecords: (generation: number) => Readonly<{ records: readonly CallMetricsSeen[]; markCommitted: () => void }>;
}>;

/**
 * The ids of an input: those of committed transactions, of the transaction in progress (null if there is none) and of the
 * next one. Ids older than `sinceMs` have expired.
 */
type Ids = { readonly committed: SeenIds; inProgress: SeenIds | null; next: SeenIds; sinceMs: number };

/** `committed` returns the ids of committed transactions; `horizonMs` is how long an id is remembered, by log time. */
export function createDedupe(committed: (input: EventKind) => SeenIds, horizonMs: number): Dedupe {
  const inputs = new Map<EventKind, Ids>();
  const idsOf = (input: EventKind): Ids => {
    const known = inputs.get(input);
    if (known !== undefined) return known;
    const ids = { committed: committed(input), inProgress: null, next: createSeenIds(), sinceMs: -Infinity };
    inputs.set(input, ids);
    return ids;
  };

  return {
    sight: (input, id, content, logTimeMs, nowMs) => {
      const ids = idsOf(input);
      const entry = seenEntry(id, content, logTimeMs);
      const sinceMs = nowMs - horizonMs;
      ids.sinceMs = sinceMs;
      for (const known of [ids.next, ids.inProgress, ids.committed]) {
        const sighting = known?.sighting(entry, sinceMs) ?? 'new';
        if (sighting !== 'new') return sighting;
      }
      ids.next.add(entry, -Infinity);
      return 'new';
    },
    takeRecords: (generation) => {
      const taken = [...inputs].map(([input, ids]) => {
        ids.inProgress = ids.next;
        ids.next = createSeenIds();
        return { input, ids, parts: ids.inProgress.pack(-Infinity, ENTRIES_PER_RECORD) };
      });
      const count = Math.max(0, ...taken.map(({ parts }) => parts.length));
      return {
        records: Array.from({ length: count }, (_, index) => ({
          generation,
          inputs: taken.flatMap(({ input, parts }) => {
            const part = parts[index];
            return part === undefined ? [] : [{ input, newestLogTime: part.newestLogTimeMs, entries: part.entries }];
          }),
        })),
        markCommitted: () => {
          for (const { ids, parts } of taken) {
            for (const part of parts) ids.committed.addPacked(part.entries, ids.sinceMs);
            ids.inProgress = null;
          }
        },
      };
    },
  };
}
