import type { Consumer } from 'kafkajs';
import { errorFields, type Logger } from '../../observability/logger.ts';

const WITHIN_MS = 5_000;

/**
 * Leaves the group, but waits no longer than `withinMs`: while the group waits for dead members, kafkajs waits with it, for up to a minute. Call it
 * after the last commit. If it gives up, the group notices after the session timeout. Never rejects.
 */
export async function leaveGroup(
  consumer: Pick<Consumer, 'disconnect'>,
  group: string,
  logger: Pick<Logger, 'warn'>,
  withinMs = WITHIN_MS,
): Promise<void> {
  const left = consumer.disconnect().then(
    () => true,
    (error: unknown) => logger.warn('consumer-stop-failed', errorFields(error)),
  );
  const patience = Promise.withResolvers<false>();
  const timer = setTimeout(patience.resolve, withinMs, false);
  const outcome = await Promise.race([left, patience.promise]);
  clearTimeout(timer);
  if (outcome === false) logger.warn('group-not-left', { group });
}
