/**
 * How Node is started for a service, as in deploy/Dockerfile: V8's young generation stays below 48 MB. Left to itself it
 * grows to 190 MB where the machine has much memory, without being faster (see bench/README.md).
 */
export const nodeFlags = ['--max-semi-space-size=16'] as const;
