import type { SharedStack } from './shared-stack.ts';

/** How long anything that tests left open may take to close. */
const GRACE_MS = 10_000;

/** Stops the stack that global-setup started. If something left open would keep the run alive for ever, the run fails instead. */
export default async function globalTeardown(): Promise<void> {
  const stack: SharedStack | undefined = Reflect.get(globalThis, Symbol.for('vxt-call-events.shared-stack'));
  await stack?.stop();
  setTimeout(() => {
    process.stderr.write(`Something is still open ${GRACE_MS / 1_000} s after the tests: exiting anyway.\n`);
    process.exit(1);
  }, GRACE_MS).unref();
}
