/** Well below the session timeout of the group. */
export const HEARTBEAT_MS = 1_500;

/** kafkajs has no heartbeat thread (rule 10). Rejects when a heartbeat does: the group has moved on. */
export async function whileBeating(work: Promise<void>, heartbeat: () => Promise<void>): Promise<void> {
  let done = false;
  const settled = work.finally(() => {
    done = true;
  });
  settled.catch(() => undefined);
  while (!done) {
    const pause = Promise.withResolvers<void>();
    const timer = setTimeout(pause.resolve, HEARTBEAT_MS);
    await Promise.race([settled, pause.promise]).finally(() => clearTimeout(timer));
    if (!done) await heartbeat();
  }
  await settled;
}
