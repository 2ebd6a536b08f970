import type { CallMetricsState, InputProgress } from '../../shared/call-events/avro-types.generated.ts';
import type { LogMark, LogMarks } from '../../shared/projection/log-mark.ts';

/** The mark of an input's last record, as stored in the state. */
export const lastRecordOf = (mark: LogMark | null): InputProgress['lastRecord'] =>
  mark === null
    ? null
    : { 'vxt.metrics.LastRecord': { offset: mark.offset, timestamp: mark.timestampMs, valueHash: mark.valueHash } };

/** The marks in a state, by topic. `topicOf` returns null for an input that this version does not know. */
export function marksOf(state: CallMetricsState | null, topicOf: (input: string) => string | null): LogMarks {
  const marks = (state?.inputs ?? []).flatMap(({ input, lastRecord }) => {
    const topic = topicOf(input);
    const record = lastRecord?.['vxt.metrics.LastRecord'];
    if (topic === null || record === undefined) return [];
    const { offset, timestamp, valueHash } = record;
    return [[topic, { offset, timestampMs: timestamp, valueHash }] as const];
  });
  return Object.fromEntries(marks);
}
