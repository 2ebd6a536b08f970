import type { Admin, Kafka } from 'kafkajs';

/** Kafka could not be reached. Retriable: it may come. */
export class KafkaUnreachableError extends Error {
  override readonly name = 'KafkaUnreachableError';
  readonly retriable = true;
}

/**
 * Runs `work` with an admin client and disconnects it. Throws KafkaUnreachableError, which names the brokers asked,
 * when none of them answers.
 */
export async function withAdmin<T>(
  kafka: Kafka,
  brokers: readonly string[],
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    await admin.disconnect().catch(() => undefined);
    throw new KafkaUnreachableError(`No broker of KAFKA_BROKERS (${brokers.join(', ')}) answers: ${said}`, {
      cause: error,
    });
  }
  try {
    return await work(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
