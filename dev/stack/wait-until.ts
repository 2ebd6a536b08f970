import { setTimeout as pause } from 'node:timers/promises';

/**
 * Polls `condition` and resolves to true once it is true, or to false after `withinMs` or when `giveUp` returns true. A condition that throws counts as not true
 * yet.
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
