/** What readiness goes by: what was seen last, not what is meant to be. */
export type IngressState = Readonly<{
  /** Whether the ids of the events' schemas are known. */
  schemaIdsKnown: boolean;
  /** Why nothing may be published; null where it may. */
  publishingStopped: string | null;
  /** Whether every lane has a producer that a broker took. */
  lanesUp: boolean;
  /** Milliseconds since a broker last answered; null before the first answer. */
  brokerAnsweredAgoMs: number | null;
  queuedRecords: number;
  queueLimit: number;
  /** Whether the disk takes a webhook: why not, or null. 'none' where there is no spool. */
  spoolProblem: 'none' | string | null;
  /** Whether events wait there, so that newer ones of their partitions must go there too. */
  spoolHolds: boolean;
}>;

/** A broker that has not answered for so long counts as unavailable. */
export const BROKER_SILENCE_MS = 10_000;

/** Why a webhook could not be taken now; none if it could: by Kafka, or by the disk. */
export function reasonsNotReady(state: IngressState): readonly string[] {
  const { schemaIdsKnown, publishingStopped, lanesUp, brokerAnsweredAgoMs, queuedRecords, queueLimit } = state;
  if (!schemaIdsKnown) return [publishingStopped ?? 'The schema registry has not told the ids of the schemas yet'];
  if (state.spoolProblem === null) return [];
  const reasons = [
    ...(publishingStopped === null ? [] : [publishingStopped]),
    ...(lanesUp ? [] : ['Kafka takes no connection']),
    ...(brokerAnsweredAgoMs === null || brokerAnsweredAgoMs > BROKER_SILENCE_MS ? ['No broker answered lately'] : []),
    ...(queuedRecords >= queueLimit ? ['The queue to Kafka is full'] : []),
  ];
  if (state.spoolProblem === 'none') return reasons;
  return reasons.length === 0 && !state.spoolHolds ? [] : [...reasons, state.spoolProblem];
}
