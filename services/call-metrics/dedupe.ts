import type { CallMetricsSeen } from '../shared/call-events/avro-types.generated.ts';
import type { EventKind } from '../shared/call-events/topics.ts';
import { packEntries, type SeenEntry, type SeenIds, type Sighting, seenEntry } from '../shared/projection/seen-ids.ts';

/** A record of seen ids stays far below the broker's default limit of 1 MiB. */
const ENTRIES_PER_RECORD = 16_000;

/** The ids one task has counted and those it is about to. */
export type Dedupe = Readonly<{
  /** Whether this event counts; if so it is remembered at once, and for good once its transaction is committed. */
  sight: (input: EventKind, id: string, content: Buffer, logTimeMs: number) => Sighting;
  /** What was remembered since the last call, for the transaction, and what to do once that is committed. */
  take: (generation: number) => Readonly<{ records: readonly CallMetricsSeen[]; committed: () => void }>;
}>;

/** `committed` are the ids of committed transactions; `horizonMs` is how long an id is remembered, by log time. */
export function createDedupe(committed: (input: EventKind) => SeenIds, horizonMs: number): Dedupe {
  /** By input and digest: those of the transaction under way, and of the next. */
  const uncommitted = new Map<string, SeenEntry>();
  let pending: { input: EventKind; key: string; entry: SeenEntry }[] = [];

  return {
    sight: (input, id, content, logTimeMs) => {
      const entry = seenEntry(id, content, logTimeMs);
      const key = input + entry.digest;
      const waiting = uncommitted.get(key);
      if (waiting !== undefined) return waiting.content === entry.content ? 'duplicate' : 'conflict';
      const sighting = committed(input).sighting(entry, logTimeMs - horizonMs);
      if (sighting === 'new') {
        uncommitted.set(key, entry);
        pending.push({ input, key, entry });
      }
      return sighting;
    },
    take: (generation) => {
      const taken = pending;
      pending = [];
      const records: CallMetricsSeen[] = [];
      for (let at = 0; at < taken.length; at += ENTRIES_PER_RECORD) {
        records.push({ generation, inputs: packedByInput(taken.slice(at, at + ENTRIES_PER_RECORD)) });
      }
      return {
        records,
        committed: () => {
          for (const { input, key, entry } of taken) {
            committed(input).add(entry, entry.logTimeMs - horizonMs);
            uncommitted.delete(key);
          }
        },
      };
    },
  };
}

function packedByInput(taken: readonly { input: EventKind; entry: SeenEntry }[]): CallMetricsSeen['inputs'] {
  const inputs = [...new Set(taken.map(({ input }) => input))];
  return inputs.map((input) => {
    const entries = taken.filter((one) => one.input === input).map(({ entry }) => entry);
    const newestLogTime = entries.reduce((newest, { logTimeMs }) => Math.max(newest, logTimeMs), -Infinity);
    return { input, newestLogTime, entries: packEntries(entries) };
  });
}
