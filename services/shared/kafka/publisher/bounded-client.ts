/** One more attempt, soon. kafkajs takes a producer's own setting in place of its client's, so both are given it. */
export const boundedRetry = { retries: 1, initialRetryTime: 50, maxRetryTime: 200 } as const;

/** The settings of a Kafka client whose every send settles before `deadlineMs`: two attempts, a reconnect and a look-up of metadata fit. */
export function boundedClient(deadlineMs: number) {
  const requestTimeout = Math.floor(deadlineMs / 4);
  const connectionTimeout = Math.floor(deadlineMs / 8);
  return {
    requestTimeout,
    connectionTimeout,
    authenticationTimeout: connectionTimeout,
    enforceRequestTimeout: true,
    retry: boundedRetry,
  };
}
