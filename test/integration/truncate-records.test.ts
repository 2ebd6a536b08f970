import { expect, test } from '@jest/globals';
import { truncateRecords } from '../../services/shared/kafka/truncate-records.ts';
import { readLog, testKafka } from '../support/kafka-log.ts';
import { isolatedStack } from '../support/stack.ts';

const { brokers, prefix } = isolatedStack();
const topic = `${prefix}seen`;
const kafka = testKafka(brokers);

test('When records are truncated before an offset, then they are gone, and the rest and the other partition are there', async () => {
  const admin = kafka.admin();
  const producer = kafka.producer();
  try {
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
    await producer.connect();
    for (const partition of [0, 1]) {
      await producer.send({ topic, messages: ['a', 'b', 'c', 'd'].map((value) => ({ value, partition })) });
    }
    await truncateRecords(kafka, brokers.split(','), topic, [{ partition: 1, offset: 3 }]);
  } finally {
    await producer.disconnect();
    await admin.disconnect();
  }
  const left = (await readLog(brokers, [topic])).map(({ partition, value }) => `${partition}${value}`);
  expect(left).toEqual(['0a', '0b', '0c', '0d', '1d']);
});
