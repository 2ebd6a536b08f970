/** What readiness goes by. */
export type IngressState = Readonly<{
  /** Whether every lane has a producer that a broker took. */
  lanesUp: boolean;
  /** Milliseconds since a broker last answered; null before the first answer. */
  brokerAnsweredAgoMs: number | null;
  queuedRecords: number;
  queueLimit: number;
  /** Null where there is no spool. */
  spoolHasRoom: boolean | null;
}>;

/** A broker that has not answered for so long counts as away. */
export const BROKER_SILENCE_MS = 15_000;

/** Why a webhook could not be taken now; none if it could: by Kafka, or by the disk. Schema ids are known from the start. */
export function reasonsNotReady(state: IngressState): readonly string[] {
  if (state.spoolHasRoom === true) return [];
  const { lanesUp, brokerAnsweredAgoMs, queuedRecords, queueLimit } = state;
  return [
    ...(lanesUp ? [] : ['Kafka takes no connection']),
    ...(brokerAnsweredAgoMs === null || brokerAnsweredAgoMs > BROKER_SILENCE_MS ? ['No broker answered lately'] : []),
    ...(queuedRecords >= queueLimit ? ['The queue to Kafka is full'] : []),
    ...(state.spoolHasRoom === false ? ['The spool is full'] : []),
  ];
}
