import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks `condition` until it says true: then true. False once `withinMs` have passed, or when `giveUp` says so. A condition that throws has not come
 * true yet.
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  withinMs: number,
  options: Readonly<{ everyMs?: number; giveUp?: () => boolean }> = {},
): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      if (await condition()) return true;
    } catch {
      // Not yet.
    }
    if (options.giveUp?.() === true || performance.now() >= deadline) return false;
    await pause(options.everyMs ?? 50);
  }
}
