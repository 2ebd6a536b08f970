import type { EventKind } from '../../shared/call-events/topics.ts';
import type { TargetRecord } from '../../shared/projection/records.ts';
import type { CallMetricsProjection } from '../call-metrics-projection.ts';
import type { Codecs } from '../codecs.ts';
import type { PartitionView } from '../committed-view.ts';
import { ENTRIES_PER_RECORD } from '../dedupe.ts';

const kinds: readonly EventKind[] = ['callLog', 'voicemail'];
/** Rows in memory as records at a time. */
const ROWS_PER_PART = 2_000;

/**
 * The records that make a rebuilt partition the live one, in parts, for one transaction: the ids within the horizon, each
 * key whose totals are others, the end of each that is no more, and the state, all under the next generation.
 */
export type GenerationRecords = Readonly<{
  /** The ids counted so far. Nothing may be folded while they are taken. */
  seenIds: () => Iterable<readonly TargetRecord[]>;
  /** The rest, with the ids counted since. */
  totals: (seenSince: readonly Buffer[]) => Iterable<readonly TargetRecord[]>;
}>;

export function generationRecords(
  partition: number,
  generation: number,
  live: PartitionView,
  made: PartitionView,
  { topics }: Pick<CallMetricsProjection, 'topics'>,
  codecs: Codecs,
  dedupeMs: number,
): GenerationRecords {
  const key = String(partition);
  const changedRows = function* (): Generator<TargetRecord> {
    for (const row of made.keys()) {
      if (made.kept(row) === live.kept(row)) continue;
      const encoded = made.encoded(row);
      if (encoded === null) continue;
      yield { topic: topics.table, key: row, value: Buffer.from(encoded, 'latin1') };
    }
    for (const row of live.keys()) {
      if (made.kept(row) === null) yield { topic: topics.table, key: row, value: null };
    }
  };
  return {
    seenIds: function* () {
      const state = made.state();
      for (const input of kinds) {
        const logTime = state?.inputs.find((one) => one.input === input)?.logTime?.long ?? -Infinity;
        const ids = made.seenIds(state?.generation ?? 0, input);
        for (const { newestLogTimeMs, entries } of ids.packs(logTime - dedupeMs, ENTRIES_PER_RECORD)) {
          const inputs = [{ input, newestLogTime: newestLogTimeMs, entries }];
          yield [{ topic: topics.seen, key, value: codecs.seen.writer.encode({ generation, inputs }) }];
        }
      }
    },
    totals: function* (seenSince) {
      for (const value of seenSince) {
        const seen = codecs.seen.reader.decode(value);
        if (!seen.ok) throw new Error(`Seen ids that were just encoded cannot be read (${seen.reason})`);
        yield [{ topic: topics.seen, key, value: codecs.seen.writer.encode({ ...seen.value, generation }) }];
      }
      let part: TargetRecord[] = [];
      for (const row of changedRows()) {
        part.push(row);
        if (part.length < ROWS_PER_PART) continue;
        yield part;
        part = [];
      }
      const state = made.state();
      if (state === null) throw new Error(`Partition ${partition} was not folded`);
      yield [...part, { topic: topics.state, key, value: codecs.state.writer.encode({ ...state, generation }) }];
    },
  };
}
