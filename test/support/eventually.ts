/**
 * Waits for a condition with a deadline: asks again until `attempt` gives something other than null, undefined or
 * false. Fails with `what` was waited for.
 */
export async function eventually<T>(
  attempt: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  { deadlineMs = 30_000, everyMs = 50, what = () => 'the condition' as string } = {},
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const result = await attempt();
    if (result !== null && result !== undefined && result !== false) return result;
    if (Date.now() > end) throw new Error(`Waited ${deadlineMs} ms for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
