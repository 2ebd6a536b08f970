import type { CallMetricsSeen } from '../shared/call-events/avro-types.generated.ts';
import type { EventKind } from '../shared/call-events/topics.ts';
import { createSeenIds, type SeenIds, type Sighting, seenEntry } from '../shared/projection/seen-ids.ts';

/** Of each input in one record of seen ids, which so stays far below the broker's default limit of 1 MiB. */
export const ENTRIES_PER_RECORD = 8_000;

/** The ids one task has counted and those it is about to. */
export type Dedupe = Readonly<{
  /**
   * Whether this event counts; if so it is remembered at once, and for good once its transaction is committed. It came at
   * `logTimeMs`; what is older than the horizon is forgotten as of `nowMs`, both log time in milliseconds.
   */
  sight: (input: EventKind, id: string, content: Buffer, logTimeMs: number, nowMs: number) => Sighting;
  /** What was remembered since the last call, for the transaction, and what to do once that is committed. Call it again only after that. */
  take: (generation: number) => Readonly<{ records: readonly CallMetricsSeen[]; committed: () => void }>;
}>;

/**
 * The ids of an input: of committed transactions, of the one under way (null where none is) and of the next. Those older
 * than `sinceMs` are forgotten.
 */
type Ids = { readonly committed: SeenIds; underWay: SeenIds | null; next: SeenIds; sinceMs: number };

/** `committed` are the ids of committed transactions; `horizonMs` is how long an id is remembered, by log time. */
export function createDedupe(committed: (input: EventKind) => SeenIds, horizonMs: number): Dedupe {
  const inputs = new Map<EventKind, Ids>();
  const idsOf = (input: EventKind): Ids => {
    const known = inputs.get(input);
    if (known !== undefined) return known;
    const ids = { committed: committed(input), underWay: null, next: createSeenIds(), sinceMs: -Infinity };
    inputs.set(input, ids);
    return ids;
  };

  return {
    sight: (input, id, content, logTimeMs, nowMs) => {
      const ids = idsOf(input);
      const entry = seenEntry(id, content, logTimeMs);
      const sinceMs = nowMs - horizonMs;
      ids.sinceMs = sinceMs;
      for (const known of [ids.next, ids.underWay, ids.committed]) {
        const sighting = known?.sighting(entry, sinceMs) ?? 'new';
        if (sighting !== 'new') return sighting;
      }
      ids.next.add(entry, -Infinity);
      return 'new';
    },
    take: (generation) => {
      const taken = [...inputs].map(([input, ids]) => {
        ids.underWay = ids.next;
        ids.next = createSeenIds();
        return { input, ids, parts: ids.underWay.pack(-Infinity, ENTRIES_PER_RECORD) };
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
        committed: () => {
          for (const { ids, parts } of taken) {
            for (const part of parts) ids.committed.addPacked(part.entries, ids.sinceMs);
            ids.underWay = null;
          }
        },
      };
    },
  };
}
