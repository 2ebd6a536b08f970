import { type SharedStack, startSharedStack } from './shared-stack.ts';

/** Where global-setup leaves the stack for global-teardown: Jest loads each on its own. */
const sharedStackKey = Symbol.for('vxt-call-events.shared-stack');

/** Starts the stack that integration and end-to-end tests share; they find it in KAFKA_BROKERS and SCHEMA_REGISTRY_URL. */
export default async function globalSetup(): Promise<void> {
  const startedAt = performance.now();
  const stack: SharedStack = await startSharedStack((line) => process.stderr.write(`${line}\n`));
  process.stderr.write(`Kafka at ${stack.brokers} after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s.\n`);
  process.env.KAFKA_BROKERS = stack.brokers;
  process.env.SCHEMA_REGISTRY_URL = stack.registryUrl;
  Reflect.set(globalThis, sharedStackKey, stack);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => void stack.stop().finally(() => process.exit(code)));
  }
}
