import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import type { Message } from 'kafkajs';
import {
  answerTo,
  keepAnswer,
  useOwnProduceAnswers,
} from '../../../services/shared/kafka/produce/use-own-produce-answers.ts';
import { verdictOf, verdictUnsent } from '../../../services/shared/kafka/publisher/produce-verdict.ts';

useOwnProduceAnswers();
const { requests } = createRequire(import.meta.url)('kafkajs/src/protocol/requests');

const message = (): Message => ({ partition: 0, key: 'k', value: 'v', headers: {} });
const NOT_ENOUGH_REPLICAS = 19;
const TOPIC_AUTHORIZATION_FAILED = 29;

/** A produce request as kafkajs makes it, of one message for each partition. */
function request(...messages: readonly Message[]) {
  const partitions = messages.map((one, partition) => ({ partition, messages: [one], firstSequence: 0 }));
  const topicData = [{ topic: 't', partitions }];
  return requests.Produce.protocol({ version: 7 })({ acks: -1, timeout: 1_000, compression: 0, topicData });
}
const answer = (...codes: readonly number[]) => ({
  topics: [{ topicName: 't', partitions: codes.map((errorCode, partition) => ({ partition, errorCode })) }],
});

test('When a broker refuses one partition, then each message has its own answer', async () => {
  const [taken, refused] = [keepAnswer(message()), keepAnswer(message())];
  expect([answerTo(taken), answerTo(refused)]).toEqual(['NOT_SENT', 'NOT_SENT']);
  const { response } = request(taken, refused);
  expect([answerTo(taken), answerTo(refused)]).toEqual([null, null]);
  await response.parse(answer(0, TOPIC_AUTHORIZATION_FAILED));
  expect([answerTo(taken), answerTo(refused)]).toEqual(['NONE', 'TOPIC_AUTHORIZATION_FAILED']);
});

test('When kafkajs tries again what was not answered, then it may; what was answered it may not, as it would be in the log twice', async () => {
  const one = keepAnswer(message());
  request(one);
  const { response } = request(one);
  await response.parse(answer(0));
  expect(() => request(one)).toThrow(expect.objectContaining({ retriable: false }));
  const refused = keepAnswer(message());
  await request(refused).response.parse(answer(NOT_ENOUGH_REPLICAS));
  expect(() => request(refused)).toThrow(expect.objectContaining({ retriable: false }));
});

test('When another producer of the process sends, then a refusal is thrown as ever', async () => {
  await expect(request(message()).response.parse(answer(TOPIC_AUTHORIZATION_FAILED))).rejects.toMatchObject({
    type: 'TOPIC_AUTHORIZATION_FAILED',
  });
});

test('When records were sent and an error of something else came, then nobody knows whether they are in the log; when they were never sent, then they are not', () => {
  expect(verdictOf(null)).toBe('unknown');
  expect(verdictUnsent('NOT_SENT')).toBe('not-yet');
  expect(verdictUnsent('LEADER_NOT_AVAILABLE')).toBe('not-yet');
  expect(verdictUnsent('REQUEST_TIMED_OUT')).toBe('not-yet');
  expect(verdictUnsent('TOPIC_AUTHORIZATION_FAILED')).toBe('refused');
});
