import type { SharedStack } from './shared-stack.ts';

/** Stops the stack that global-setup started. */
export default async function globalTeardown(): Promise<void> {
  const stack: SharedStack | undefined = Reflect.get(globalThis, Symbol.for('vxt-call-events.shared-stack'));
  await stack?.stop();
}
