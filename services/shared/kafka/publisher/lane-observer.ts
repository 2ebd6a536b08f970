/** What a lane reports: counts, durations, places and Kafka's own errors, and no personal data. */
export type LaneObserver = Readonly<{
  /** `records` of a request were acknowledged after `seconds`. */
  sent: (records: number, seconds: number) => void;
  /** Records that may be in the log are sent again on a new producer: they may then be there twice. */
  resent: (records: number) => void;
  /** The lane discards its producer because of `error`, or (null) before its sequence numbers wrap. */
  renewed: (error: unknown) => void;
  /** The broker refuses the records of a place. `errorType` is Kafka's name of the error. */
  refused: (refusal: Readonly<{ topic: string; partition: number; errorType: string; error: unknown }>) => void;
}>;
