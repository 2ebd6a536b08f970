import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { decodeFetchResponse } from '../../../services/shared/kafka/fetch/fetch-response.ts';
import { unreadableBatch } from '../../../services/shared/kafka/fetch/unreadable-batch.ts';
import { fetchDecoders } from '../../../services/shared/kafka/fetch/use-own-fetch-decoder.ts';
import { answerWith, batchOf, encodeAnswer, encodeBatch, recordOf } from '../../support/fetch-answer.ts';

type Message = { offset: string; key: Buffer | null; value: Buffer | null; headers: Record<string, unknown> };

const kafkajs = createRequire(import.meta.url);
const decode = (answer: Buffer) => decodeFetchResponse(answer, fetchDecoders);
const messagesIn = async (records: Buffer): Promise<readonly Message[]> =>
  ((await decode(answerWith(records))).responses[0]?.partitions[0]?.messages ?? []) as Message[];

describe('Bytes that break the format of a batch stand for it as one record, and what follows is read:', () => {
  const whole = encodeBatch(
    batchOf([recordOf({ key: Buffer.from('k'), value: Buffer.alloc(9, 1) })], { firstOffset: 5 }),
  );
  const next = encodeBatch(batchOf([recordOf({ value: Buffer.from('the next one') })], { firstOffset: 6 }));
  const RECORD_AT = 61;
  test.each<[string, number, number]>([
    ['a record that runs over the end', RECORD_AT, 0x7e],
    ['a record without a length', RECORD_AT, 0],
    ['a key that runs over its record', RECORD_AT + 4, 0x7e],
    ['a key whose length is none', RECORD_AT + 4, 0x03],
    ['a value that runs over its record', RECORD_AT + 6, 0x7e],
    ['fewer records than none', RECORD_AT - 4, 0xff],
    ['more records than there are', RECORD_AT - 1, 2],
    ['a codec that Kafka does not have', 22, 5],
  ])('%s', async (_what, at, byte) => {
    const corrupt = Buffer.from(whole);
    corrupt[at] = byte;
    const [first, second, ...more] = await messagesIn(Buffer.concat([corrupt, next]));
    expect(first).toMatchObject({ offset: '5', key: null, value: corrupt, headers: {} });
    expect(unreadableBatch(first ?? {})).toMatchObject({ firstOffset: 5, problem: expect.any(String) });
    expect([second?.offset, String(second?.value), more]).toEqual(['6', 'the next one', []]);
    expect(unreadableBatch(second ?? {})).toBeNull();
  });

  test('a batch without a length is stepped over by one offset, with all that follows in the answer', async () => {
    const corrupt = Buffer.from(whole);
    corrupt[11] = 0;
    const messages = await messagesIn(Buffer.concat([corrupt, next]));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ offset: '5', value: Buffer.concat([corrupt, next]) });
  });

  test('a batch whose last offset cannot be is stepped over by one offset', async () => {
    const corrupt = Buffer.from(whole);
    corrupt[RECORD_AT] = 0;
    corrupt.writeInt32BE(2 ** 30, 23);
    expect((await messagesIn(Buffer.concat([corrupt, next]))).map(({ offset }) => offset)).toEqual(['5', '6']);
  });

  test('an offset that the log does not have ends the consumer, as nobody knows how to go on', async () => {
    const corrupt = Buffer.from(whole);
    corrupt[RECORD_AT] = 0;
    corrupt.writeBigInt64BE(2n ** 40n, 0);
    await expect(messagesIn(corrupt)).rejects.toMatchObject({ name: 'CorruptBatchError', retriable: false });
  });

  test('messages from before Kafka 0.11 are stepped over by one offset', async () => {
    const messageSet: (set: unknown) => { buffer: Buffer } = kafkajs('kafkajs/src/protocol/messageSet');
    for (const messageVersion of [0, 1]) {
      const set = messageSet({ messageVersion, compression: 0, entries: [{ key: 'k', value: 'one' }] }).buffer;
      set.writeBigInt64BE(7n, 0);
      // Gzip, which it is not.
      set.writeInt8(1, 17);
      const [message, ...more] = await messagesIn(set);
      expect([message?.offset, message?.value, more]).toEqual(['7', set, []]);
      expect(unreadableBatch(message ?? {})).toMatchObject({ firstOffset: 7 });
    }
  });

  test('a batch of an aborted transaction is left out with it', async () => {
    const corrupt = encodeBatch(batchOf([recordOf()], { firstOffset: 5, attributes: 0x10, producerId: 9 }));
    corrupt[RECORD_AT] = 0;
    const { responses } = await decode(
      encodeAnswer([
        [
          't',
          [
            {
              set: Buffer.concat([corrupt, next]),
              errorCode: 0,
              preferredReadReplica: -1,
              aborted: [{ producerId: 9, firstOffset: 5 }],
            },
          ],
        ],
      ]),
    );
    const Batch = kafkajs('kafkajs/src/consumer/batch');
    const batch = new Batch('t', '5', responses[0]?.partitions[0]);
    expect(batch.messages.map(({ offset }: Message) => offset)).toEqual(['6']);
  });
});
