import type { Consumer } from 'kafkajs';
import { errorFields, type Logger } from '../../observability/logger.ts';

const WITHIN_MS = 5_000;

/**
 * Leaves the group, if that does not take long: while the group waits for members that died, kafkajs waits with it, up to a minute. Call it once all is
 * committed; of a member that has not left the group learns by its session timeout. Never rejects.
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
