/**
 * Node's flags for a service, the same as in deploy/Dockerfile. They keep V8's young generation below 48 MB; by default it grows to 190 MB on a machine with much
 * memory, without being faster (see bench/README.md).
 */
export const nodeFlags = ['--max-semi-space-size=16'] as const;
