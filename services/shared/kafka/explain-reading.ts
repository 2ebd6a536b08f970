import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { explainAccess, isRefusal } from './access.ts';

const LOOK_WITHIN_MS = 15_000;

/**
 * An error of a consumer of these topics, in the words of a missing right. Kafka does not say which topic it refuses: then each is tried in a group of its own
 * under `groupPrefix`, which takes up to 15 s, once, when the reader has failed for good.
 */
export async function explainReading(
  kafka: Kafka,
  error: unknown,
  { topics, groupPrefix, groupId }: Readonly<{ topics: readonly string[]; groupPrefix: string; groupId?: string }>,
): Promise<unknown> {
  const refused = isRefusal(error) && topics.length > 1 ? await unreadable(kafka, topics, groupPrefix) : [];
  const names = refused.length === 0 ? topics : refused;
  return explainAccess(kafka, error, { topics: { operation: 'Read', names }, group: groupId ?? `${groupPrefix}*` });
}

async function unreadable(kafka: Kafka, topics: readonly string[], groupPrefix: string): Promise<readonly string[]> {
  const refused = await Promise.all(topics.map((topic) => isRefused(kafka, topic, `${groupPrefix}${randomUUID()}`)));
  return topics.filter((_topic, index) => refused[index]);
}

/** Whether the first fetch of this topic is refused; false, too, where that is not known in time. */
async function isRefused(kafka: Kafka, topic: string, groupId: string): Promise<boolean> {
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { retries: 0 },
  });
  const outcome = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => outcome.resolve(false), LOOK_WITHIN_MS);
  consumer.on('consumer.fetch', () => outcome.resolve(false));
  consumer.on('consumer.crash', ({ payload }) => outcome.resolve(isRefusal(payload.error)));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic] });
    await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
    return await outcome.promise;
  } catch (error) {
    return isRefusal(error);
  } finally {
    clearTimeout(timer);
    await consumer.disconnect().catch(() => undefined);
  }
}
