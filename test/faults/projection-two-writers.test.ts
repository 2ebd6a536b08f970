import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Kafka, Transaction } from 'kafkajs';
import { readLog, testKafka } from '../support/kafka-log.ts';

/**
 * Why a partition has one writer (rule 4): the broker lists aborted transactions by where they end, kafkajs expects them
 * by where they begin, so that of two that overlap one is taken for committed.
 */
test('When two writers abort overlapping transactions on a partition, then kafkajs delivers what was aborted; one writer’s never is', async () => {
  const brokers = process.env.KAFKA_BROKERS ?? '';
  const kafka = testKafka(brokers);
  const topic = `t${randomBytes(3).toString('hex')}.two-writers`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1 }], waitForLeaders: true });
  await admin.disconnect();

  const [first, second] = [await begin(kafka, `${topic}-1`), await begin(kafka, `${topic}-2`)];
  await send(first.transaction, topic, 0, 'aborted by the first');
  await send(second.transaction, topic, 0, 'aborted by the second');
  await second.transaction.abort();
  await endedInTheLog(kafka, `${topic}-2`);
  await first.transaction.abort();
  for (const writer of [first, second]) await writer.close();

  for (const outcome of ['aborted', 'committed', 'aborted', 'aborted', 'committed']) {
    const alone = await begin(kafka, `${topic}-alone`);
    await send(alone.transaction, topic, 1, outcome);
    await (outcome === 'aborted' ? alone.transaction.abort() : alone.transaction.commit());
    await alone.close();
  }

  const values = (await readLog(brokers, [topic])).map(({ partition, value }) => [partition, value?.toString()]);
  expect(values).toEqual([
    [0, 'aborted by the first'],
    [1, 'committed'],
    [1, 'committed'],
  ]);
});

async function begin(
  kafka: Kafka,
  transactionalId: string,
): Promise<{ transaction: Transaction; close: () => Promise<void> }> {
  const producer = kafka.producer({ transactionalId, maxInFlightRequests: 1 });
  await producer.connect();
  return { transaction: await producer.transaction(), close: () => producer.disconnect() };
}

/**
 * The broker answers EndTxn before it writes the markers, so that those of two transactions may come in either order.
 * It gives a producer id again only once they are written (CONCURRENT_TRANSACTIONS until then, which kafkajs retries).
 */
async function endedInTheLog(kafka: Kafka, transactionalId: string): Promise<void> {
  const successor = await begin(kafka, transactionalId);
  await successor.transaction.abort();
  await successor.close();
}

const send = (transaction: Transaction, topic: string, partition: number, value: string) =>
  transaction.send({ topic, messages: [{ partition, value }] });
