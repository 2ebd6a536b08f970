/** The current size limit of a dead letter: an operator may raise it while call-metrics runs. */
export type DeadLetterLimit = Readonly<{
  /** In bytes. */
  maxBytes: () => number;
  refresh: () => Promise<void>;
}>;

/** `fetchMaxBytes` asks Kafka for the limit of the dead letters' topic. */
export async function openDeadLetterLimit(fetchMaxBytes: () => Promise<number>): Promise<DeadLetterLimit> {
  let maxBytes = await fetchMaxBytes();
  return {
    maxBytes: () => maxBytes,
    refresh: async () => {
      maxBytes = await fetchMaxBytes();
    },
  };
}
