/** What readiness depends on, as last observed. */
export type IngressState = Readonly<{
  /** Whether the ids of the events' schemas are known. */
  schemaIdsKnown: boolean;
  /** Why nothing may be published; null if publishing is allowed. */
  publishingStopped: string | null;
  /** Whether every lane has a connected producer. */
  lanesUp: boolean;
  /** Milliseconds since a broker last answered; null before the first answer. */
  brokerAnsweredAgoMs: number | null;
  queuedRecords: number;
  queueLimit: number;
  /** Why the disk would not store a webhook; null if it would, 'none' if there is no spool. */
  spoolProblem: 'none' | string | null;
  /** Whether events wait in the spool: newer ones of their partitions must then go there as well. */
  spoolHolds: boolean;
}>;

/** Brokers that have not answered for this long count as unavailable. */
export const BROKER_SILENCE_MS = 10_000;

/** Why a webhook could not be accepted now; empty if Kafka or the disk would accept it. */
export function reasonsNotReady(state: IngressState): readonly string[] {
  const { schemaIdsKnown, publishingStopped, lanesUp, brokerAnsweredAgoMs, queuedRecords, queueLimit } = state;
  if (!schemaIdsKnown) return [publishingStopped ?? 'The schema registry has not supplied the schema ids yet'];
  if (state.spoolProblem === null) return [];
  const reasons = [
    ...(publishingStopped === null ? [] : [publishingStopped]),
    ...(lanesUp ? [] : ['There is no connection to Kafka']),
    ...(brokerAnsweredAgoMs === null || brokerAnsweredAgoMs > BROKER_SILENCE_MS
      ? ['No broker has answered recently']
      : []),
    ...(queuedRecords >= queueLimit ? ['The queue to Kafka is full'] : []),
  ];
  if (state.spoolProblem === 'none') return reasons;
  return reasons.length === 0 && !state.spoolHolds ? [] : [...reasons, state.spoolProblem];
}
