import type { Kafka } from 'kafkajs';
import { brokerErrorType, explainAccess, isRefusal } from './access.ts';

/**
 * An error of a send in a transaction, in the words of a missing right. Kafka does not say which topic it refuses, and may say of the others that it did not try
 * them: what `sendAlone` sends to each topic, in the transaction that is lost anyway, tells.
 */
export async function explainTransaction(
  kafka: Kafka,
  error: unknown,
  transactionalId: string,
  topics: ReadonlySet<string>,
  sendAlone: (topic: string) => Promise<unknown>,
): Promise<unknown> {
  const refused = new Map<string, unknown>();
  if (isRefusal(error) || brokerErrorType(error) === 'OPERATION_NOT_ATTEMPTED') {
    for (const topic of topics) {
      await sendAlone(topic).catch((refusal: unknown) => {
        if (isRefusal(refusal)) refused.set(topic, refusal);
      });
    }
  }
  const [refusal = error] = refused.values();
  return explainAccess(kafka, refusal, { transactionalId, topics: { operation: 'Write', names: [...refused.keys()] } });
}
