import { eventKinds } from '../../shared/call-events/topics.ts';
import type { TargetRecord } from '../../shared/projection/records.ts';
import type { CallMetricsProjection } from '../projection/call-metrics-projection.ts';
import type { Codecs } from '../projection/codecs.ts';
import type { PartitionView } from '../projection/committed-view.ts';
import { ENTRIES_PER_RECORD } from '../projection/dedupe.ts';

/** How many rows are in memory as records at a time. */
const ROWS_PER_PART = 2_000;

/**
 * The records of the one transaction that makes a rebuilt partition the live one, in parts: the ids within the horizon, each
 * changed row, a tombstone for each row that no longer exists, and the state, all under the next generation.
 */
export type GenerationRecords = Readonly<{
  /** The ids counted so far. Fold nothing until all of them have been read. */
  seenIds: () => Iterable<readonly TargetRecord[]>;
  /** The rest, starting with the ids counted since. */
  totals: (seenSince: readonly Buffer[]) => Iterable<readonly TargetRecord[]>;
}>;

export function generationRecords(
  partition: number,
  generation: number,
  live: PartitionView,
  rebuilt: PartitionView,
  { topics }: Pick<CallMetricsProjection, 'topics'>,
  codecs: Codecs,
  dedupeMs: number,
): GenerationRecords {
  const key = String(partition);
  const changedRows = function* (): Generator<TargetRecord> {
    for (const row of rebuilt.keys()) {
      if (rebuilt.squeezed(row) === live.squeezed(row)) continue;
      const encoded = rebuilt.encoded(row);
      if (encoded === null) continue;
      yield { topic: topics.table, key: row, value: Buffer.from(encoded, 'latin1') };
    }
    for (const row of live.keys()) {
      if (rebuilt.squeezed(row) === null) yield { topic: topics.table, key: row, value: null };
    }
  };
  return {
    seenIds: function* () {
      const state = rebuilt.state();
      for (const input of eventKinds) {
        const logTime = state?.inputs.find((one) => one.input === input)?.logTime?.long ?? -Infinity;
        const ids = rebuilt.seenIds(state?.generation ?? 0, input);
        for (const { newestLogTimeMs, entries } of ids.packs(logTime - dedupeMs, ENTRIES_PER_RECORD)) {
          const inputs = [{ input, newestLogTime: newestLogTimeMs, entries }];
          yield [{ topic: topics.seen, key, value: codecs.seen.writer.encode({ generation, inputs }) }];
        }
      }
    },
    totals: function* (seenSince) {
      for (const value of seenSince) {
        const seen = codecs.seen.reader.decode(value);
        if (!seen.ok) throw new Error(`Seen ids that were just encoded are unreadable (${seen.reason})`);
        yield [{ topic: topics.seen, key, value: codecs.seen.writer.encode({ ...seen.value, generation }) }];
      }
      let part: TargetRecord[] = [];
      for (const row of changedRows()) {
        part.push(row);
        if (part.length < ROWS_PER_PART) continue;
        yield part;
        part = [];
      }
      const state = rebuilt.state();
      if (state === null) throw new Error(`Partition ${partition} was not folded`);
      yield [...part, { topic: topics.state, key, value: codecs.state.writer.encode({ ...state, generation }) }];
    },
  };
}
