import { expect, test } from '@jest/globals';
import { startCallMetricsProcess } from '../support/call-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { testKafka } from '../support/kafka-log.ts';
import { isolatedStack } from '../support/stack.ts';

const { brokers, prefix, environment } = isolatedStack();

test('When a transaction stays open, then call-metrics tells for how long, by topic, until it ends', async () => {
  const { adminUrl } = await startCallMetricsProcess(environment);
  const openSeconds = async (topic: string): Promise<number> => {
    const page = await (await fetch(`${adminUrl}/metrics`)).text();
    return Number(
      new RegExp(`^vxt_kafka_open_transaction_seconds{topic="${prefix}${topic}"} (\\S+)$`, 'm').exec(page)?.[1],
    );
  };
  expect(await openSeconds('voicemails')).toBe(0);

  const producer = testKafka(brokers).producer({ transactionalId: `${prefix}forgotten`, idempotent: true });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: `${prefix}voicemails`, messages: [{ partition: 1, value: 'never committed' }] });
  await eventually(async () => (await openSeconds('voicemails')) > 1, { what: () => 'the open transaction' });
  expect(await openSeconds('call-logs')).toBe(0);
  expect(await openSeconds('user-call-metrics')).toBe(0);

  await transaction.abort();
  await eventually(async () => (await openSeconds('voicemails')) === 0, { what: () => 'its end' });
  await producer.disconnect();
});
