import type { CallMetricsState, InputProgress } from '../shared/call-events/avro-types.generated.ts';
import type { LogMark, LogMarks } from '../shared/projection/log-mark.ts';

/** The mark of an input's last record, as the state keeps it. */
export const lastRecordOf = (mark: LogMark | null): InputProgress['lastRecord'] =>
  mark === null
    ? null
    : { 'vxt.metrics.LastRecord': { offset: mark.offset, timestamp: mark.timestampMs, valueHash: mark.valueHash } };

/** By topic, the marks of the inputs that the state tells of. `topicOf` is null for an input of another version. */
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
