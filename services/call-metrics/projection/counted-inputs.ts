import type { CallMetricsState } from '../../shared/call-events/avro-types.generated.ts';
import { type EventKind, eventKinds } from '../../shared/call-events/topics.ts';
import type { Positions } from '../../shared/projection/records.ts';

type InputTopics = Readonly<Record<EventKind, string>>;

/** The offset up to which each input is counted, by topic; 0 where nothing is committed. */
export function countedPositions(state: CallMetricsState | null, topics: InputTopics): Positions {
  const next = new Map(state?.inputs.map(({ input, nextOffset }) => [input, nextOffset]));
  return Object.fromEntries(eventKinds.map((kind) => [topics[kind], next.get(kind) ?? 0]));
}

/** The log time of the newest record counted of each input, by topic: Unix milliseconds, null before the first. */
export function countedLogTimesMs(
  state: CallMetricsState | null,
  topics: InputTopics,
): Readonly<Record<string, number | null>> {
  const logTimes = new Map(state?.inputs.map(({ input, logTime }) => [input, logTime?.long ?? null]));
  return Object.fromEntries(eventKinds.map((kind) => [topics[kind], logTimes.get(kind) ?? null]));
}
