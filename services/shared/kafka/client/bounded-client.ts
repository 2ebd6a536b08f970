/** One retry, soon. A producer's own setting replaces its client's in kafkajs, so both use this one. */
export const boundedRetry = { retries: 1, initialRetryTime: 50, maxRetryTime: 200 } as const;

/** Settings for a client whose every send settles before `deadlineMs`, with room for two attempts, a reconnect and a metadata request. */
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
