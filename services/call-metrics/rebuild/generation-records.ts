import type { EventKind } from '../../shared/call-events/topics.ts';
import type { TargetRecord } from '../../shared/projection/records.ts';
import type { CallMetricsProjection } from '../call-metrics-projection.ts';
import type { Codecs } from '../codecs.ts';
import type { PartitionView } from '../committed-view.ts';
import { ENTRIES_PER_RECORD } from '../dedupe.ts';

const kinds: readonly EventKind[] = ['callLog', 'voicemail'];

/**
 * The records that make a rebuilt partition the live one, for one transaction: each key whose totals are others, the end
 * of each that is no more, the ids within the horizon and the state under the next generation.
 */
export function generationRecords(
  partition: number,
  live: PartitionView,
  made: PartitionView,
  { topics }: Pick<CallMetricsProjection, 'topics'>,
  codecs: Codecs,
  dedupeMs: number,
): readonly TargetRecord[] {
  const state = made.state();
  if (state === null) return [];
  const generation = (live.state()?.generation ?? 0) + 1;
  const key = String(partition);
  const records: TargetRecord[] = [];
  for (const tableKey of made.keys()) {
    const encoded = made.encoded(tableKey);
    if (encoded === null || encoded === live.encoded(tableKey)) continue;
    records.push({ topic: topics.table, key: tableKey, value: Buffer.from(encoded, 'latin1') });
  }
  for (const tableKey of live.keys()) {
    if (made.encoded(tableKey) === null) records.push({ topic: topics.table, key: tableKey, value: null });
  }
  for (const input of kinds) {
    const logTime = state.inputs.find((one) => one.input === input)?.logTime?.long ?? Infinity;
    for (const part of made.seenIds(state.generation, input).pack(logTime - dedupeMs, ENTRIES_PER_RECORD)) {
      const inputs = [{ input, newestLogTime: part.newestLogTimeMs, entries: part.entries }];
      records.push({ topic: topics.seen, key, value: codecs.seen.writer.encode({ generation, inputs }) });
    }
  }
  records.push({ topic: topics.state, key, value: codecs.state.writer.encode({ ...state, generation }) });
  return records;
}
