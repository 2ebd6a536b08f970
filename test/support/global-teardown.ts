import type { SharedStack } from './shared-stack.ts';

/** How long what tests left open may take to close. */
const GRACE_MS = 10_000;

/** Stops the stack that global-setup started. A run that something left open would keep alive for ever fails instead. */
export default async function globalTeardown(): Promise<void> {
  const stack: SharedStack | undefined = Reflect.get(globalThis, Symbol.for('vxt-call-events.shared-stack'));
  await stack?.stop();
  setTimeout(() => {
    process.stderr.write(`Something is still open ${GRACE_MS / 1_000} s after the tests: ended without it.\n`);
    process.exit(1);
  }, GRACE_MS).unref();
}
