import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { registerCodecs } from '../../../services/shared/kafka/fetch/codecs.ts';
import { decodeFetchResponse } from '../../../services/shared/kafka/fetch/fetch-response.ts';
import { FetchedRecord } from '../../../services/shared/kafka/fetch/fetched-record.ts';
import { fetchDecoders, useOwnFetchDecoder } from '../../../services/shared/kafka/fetch/use-own-fetch-decoder.ts';
import {
  type AnswerBatch,
  type AnswerPartition,
  type AnswerRecord,
  answerWith,
  batchOf,
  type Encoder,
  encodeAnswer,
  encodeBatch,
  GZIP,
  recordOf,
  ZSTD,
} from '../../support/fetch-answer.ts';

type Decode = (bytes: Buffer) => Promise<unknown>;
type Message = { offset: string; key: Buffer | null; value: Buffer | null; headers: Record<string, unknown> };

const kafkajs = createRequire(import.meta.url);
const theirs: { decode: Decode } = kafkajs('kafkajs/src/protocol/requests/fetch/v11/response');
registerCodecs();

const nullable = fc.option(
  fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
  { nil: null },
);
const record: fc.Arbitrary<AnswerRecord> = fc.record({
  gap: fc.oneof(fc.constant(0), fc.nat({ max: 300 }), fc.nat({ max: 2 ** 28 })),
  timestampDelta: fc.oneof(fc.nat({ max: 100 }), fc.integer(), fc.maxSafeInteger()),
  key: nullable,
  value: fc.oneof(nullable, fc.constant(Buffer.alloc(300, 7))),
  headers: fc.array(fc.tuple(fc.constantFrom('ce_id', 'ce_type', 'é', ''), nullable), { maxLength: 6 }),
});
const timestamp = fc.oneof(fc.bigInt({ min: -1n, max: 2n ** 42n }), fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }));
const batch: fc.Arbitrary<AnswerBatch> = fc.record({
  firstOffset: fc.oneof(fc.nat(), fc.constant(2 ** 52)),
  attributes: fc
    .tuple(fc.constantFrom(0, GZIP, ZSTD), fc.constantFrom(0, 0x8), fc.constantFrom(0, 0x10), fc.constantFrom(0, 0x20))
    .map((flags) => flags.reduce<number>((sum, flag) => sum + flag, 0)),
  firstTimestamp: timestamp,
  maxTimestamp: timestamp,
  producerId: fc.integer({ min: -1 }),
  records: fc.array(record, { minLength: 1, maxLength: 5 }),
  emptied: fc.constant(0),
});
/** kafkajs fails where even the magic byte is cut off, which no broker does. */
const MAGIC_ENDS_AT = 17;
const set = fc
  .tuple(fc.array(batch, { maxLength: 3 }), fc.oneof(fc.constant(0), fc.nat({ max: 100 })))
  .map(([batches, cutBytes]) => {
    const whole = Buffer.concat(batches.map(encodeBatch));
    return whole.subarray(0, Math.max(Math.min(whole.length, MAGIC_ENDS_AT), whole.length - cutBytes));
  });
const aborted = fc.array(fc.record({ producerId: fc.nat(), firstOffset: fc.nat() }), { maxLength: 2 });
const partition: fc.Arbitrary<AnswerPartition> = fc.record({
  set: fc.option(set, { nil: null }),
  errorCode: fc.constantFrom(0, 1, 6),
  preferredReadReplica: fc.integer({ min: -1, max: 3 }),
  aborted: fc.option(aborted, { nil: null }),
});
const answers = fc
  .array(fc.tuple(fc.string(), fc.array(partition, { maxLength: 3 })), { maxLength: 3 })
  .map(encodeAnswer);

const decode = (answer: Buffer) => decodeFetchResponse(answer, fetchDecoders);
const messagesIn = async (records: Buffer): Promise<readonly Message[]> =>
  ((await decode(answerWith(records))).responses[0]?.partitions[0]?.messages ?? []) as Message[];

describe('The decoder of fetched records', () => {
  test('reads every answer of a broker as kafkajs does', async () => {
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        expect(plain(await decode(answer))).toEqual(plain(await theirs.decode(answer)));
      }),
      { numRuns: 500 },
    );
  });

  test('reads what was written before Kafka 0.11 as kafkajs does', async () => {
    const messageSet: (set: unknown) => Encoder = kafkajs('kafkajs/src/protocol/messageSet');
    const entries = [{ key: 'k', value: 'one' }, { value: 'two' }];
    for (const messageVersion of [0, 1]) {
      const answer = answerWith(messageSet({ messageVersion, compression: 0, entries }).buffer);
      expect((await decode(answer)).responses[0]?.partitions[0]?.messages).toHaveLength(2);
      expect(plain(await decode(answer))).toEqual(plain(await theirs.decode(answer)));
    }
  });

  test('gives the same value again and again', async () => {
    const [message] = await messagesIn(encodeBatch(batchOf([recordOf({ value: Buffer.from('v') })])));
    expect([message?.value, message?.value, message?.value]).toEqual(Array(3).fill(Buffer.from('v')));
  });

  test('takes a header by its name, whatever JavaScript has under it: kafkajs adds to what objects inherit', async () => {
    const headers = ['__proto__', 'constructor'].map((name) => [name, Buffer.from(name)] as const);
    const [message] = await messagesIn(encodeBatch(batchOf([recordOf({ headers })])));
    expect(Object.entries(message?.headers ?? {})).toEqual(headers);
  });

  test('leaves out a batch that was cut short at the end of the answer', async () => {
    const kept = encodeBatch(batchOf([recordOf({ value: Buffer.from('kept') })]));
    const messages = await messagesIn(Buffer.concat([kept, kept.subarray(0, kept.length - 1)]));
    expect(messages.map(({ value }) => String(value))).toEqual(['kept']);
  });

  test('headers never show what belongs to another record', async () => {
    const whole = encodeBatch(batchOf([recordOf({ key: Buffer.from('k'), value: Buffer.alloc(9, 1) })]));
    const next = encodeBatch(batchOf([recordOf({ value: Buffer.from('the next one') })]));
    const corrupt = Buffer.from(whole);
    corrupt[whole.length - 1] = 0x08;
    const [message] = await messagesIn(Buffer.concat([corrupt, next]));
    expect(message?.headers).toEqual({});
  });
});

describe('A batch that the log cleaner emptied, all or at its end, is passed by kafkajs:', () => {
  const Batch: new (
    topic: string,
    fetchedOffset: string,
    partition: unknown,
  ) => Readonly<{ messages: Message[]; lastOffset: () => string; isEmptyDueToFiltering: () => boolean }> =
    kafkajs('kafkajs/src/consumer/batch');
  const fetched = async (at: number, ...batches: readonly AnswerBatch[]) => {
    const { responses } = await decode(answerWith(Buffer.concat(batches.map(encodeBatch))));
    return new Batch('t', String(at), responses[0]?.partitions[0]);
  };

  test.each([0, 0x10])('none of it is handed out, and the next offset is the one behind it', async (attributes) => {
    const empty = batchOf([], { firstOffset: 7, emptied: 3, attributes });
    for (const at of [7, 9]) {
      const batch = await fetched(at, empty);
      expect([batch.messages, batch.lastOffset(), batch.isEmptyDueToFiltering()]).toEqual([[], '9', true]);
    }
  });

  test('the records before and after are handed out', async () => {
    const tail = batchOf([recordOf({ gap: 1 })], { firstOffset: 4, emptied: 2 });
    const batch = await fetched(4, tail, batchOf([recordOf(), recordOf()], { firstOffset: 8 }));
    expect([batch.messages.map(({ offset }) => offset), batch.lastOffset()]).toEqual([['5', '8', '9'], '9']);
    expect((await fetched(4, tail)).lastOffset()).toBe('7');
  });
});

test('Every consumer of the process decodes the newest version so, and older ones as kafkajs does', async () => {
  const { requests } = kafkajs('kafkajs/src/protocol/requests');
  const bytes = answerWith(encodeBatch(batchOf([recordOf()])));
  const before = requests.Fetch.protocol({ version: 10 })({ topics: [] }).response.decode;
  useOwnFetchDecoder();
  useOwnFetchDecoder();
  const { response, request } = requests.Fetch.protocol({ version: 11 })({ topics: [] });
  const { responses } = await response.decode(bytes);
  expect(responses[0].partitions[0].messages[0]).toBeInstanceOf(FetchedRecord);
  expect([typeof response.parse, request.apiName]).toEqual(['function', 'Fetch']);
  expect(requests.Fetch.protocol({ version: 10 })({ topics: [] }).response.decode).toBe(before);
});

/** The answer with everything that records give when they are asked. */
function plain(answer: unknown): unknown {
  const { responses, ...header } = answer as { responses: { partitions: { messages: Record<string, unknown>[] }[] }[] };
  return {
    ...header,
    responses: responses.map((topic) => ({
      ...topic,
      partitions: topic.partitions.map((one) => ({
        ...one,
        messages: one.messages.map((message) => ({
          ...{ offset: message.offset, timestamp: message.timestamp, attributes: message.attributes },
          ...{ key: message.key, value: message.value, headers: message.headers },
          ...{ isControlRecord: message.isControlRecord, magicByte: message.magicByte },
          batchContext: message.batchContext,
        })),
      })),
    })),
  };
}
