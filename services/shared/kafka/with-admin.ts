import type { Admin, Kafka } from 'kafkajs';
import { explainAccess, explainConnecting } from './access.ts';

/** Kafka could not be reached. Retriable: it may come. */
export class KafkaUnreachableError extends Error {
  override readonly name = 'KafkaUnreachableError';
  readonly retriable = true;
}

/**
 * Runs `work` with an admin client and disconnects it. Throws KafkaUnreachableError, which names the brokers asked, when none of them answers, and
 * KafkaAccessError when they refuse the connection or the login.
 */
export async function withAdmin<T>(
  kafka: Kafka,
  brokers: readonly string[],
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    // The first request: a listener for SASL takes a connection without a login, and hangs up only now.
    await admin.describeCluster();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    await admin.disconnect().catch(() => undefined);
    const explained = explainConnecting(kafka, error);
    if (explained !== error) throw explained;
    throw new KafkaUnreachableError(`No broker of KAFKA_BROKERS (${brokers.join(', ')}) answers: ${said}`, {
      cause: error,
    });
  }
  try {
    return await work(admin);
  } catch (error) {
    throw explainAccess(kafka, error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
