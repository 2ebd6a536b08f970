import { createRequire } from 'node:module';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeFetchResponse } from '../../../services/shared/kafka/fetch/fetch-response.ts';
import { fetchDecoders } from '../../../services/shared/kafka/fetch/use-own-fetch-decoder.ts';
import { registerZstd } from '../../../services/shared/kafka/zstd-codec.ts';

type Write = 'Int8' | 'Int16' | 'Int32' | 'Int64' | 'String' | 'Bytes' | 'Buffer';
type WriteVariable = 'VarInt' | 'VarLong' | 'VarIntBytes' | 'VarIntString';
type Encoder = Record<`write${Write | WriteVariable}`, (value: unknown) => Encoder> & {
  buffer: Buffer;
  size: () => number;
};

const kafkajs = createRequire(import.meta.url);
const KafkajsEncoder: new () => Encoder = kafkajs('kafkajs/src/protocol/encoder');
const theirs: { decode: (bytes: Buffer) => Promise<unknown> } = kafkajs(
  'kafkajs/src/protocol/requests/fetch/v11/response',
);
const encoder = () => new KafkajsEncoder();
registerZstd();

type TestRecord = {
  timestampDelta: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: [string, Buffer | null][];
};
type TestBatch = {
  firstOffset: number;
  attributes: number;
  firstTimestamp: bigint;
  maxTimestamp: bigint;
  producerId: number;
  records: TestRecord[];
};
type TestPartition = { batches: TestBatch[]; cutBytes: number; aborted: { producerId: number; firstOffset: number }[] };

const MAGIC_ENDS_AT = 17;
const GZIP = 1;
const ZSTD = 4;
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const nullable = fc.option(bytes, { nil: null });
const record: fc.Arbitrary<TestRecord> = fc.record({
  timestampDelta: fc.oneof(fc.nat({ max: 100 }), fc.integer()),
  key: nullable,
  value: fc.oneof(nullable, fc.constant(Buffer.alloc(300, 7))),
  headers: fc.array(fc.tuple(fc.constantFrom('ce_id', 'ce_type', 'é', ''), nullable), { maxLength: 6 }),
});
const timestamp = fc.oneof(fc.bigInt({ min: -1n, max: 2n ** 42n }), fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }));
const batch: fc.Arbitrary<TestBatch> = fc.record({
  firstOffset: fc.oneof(fc.nat(), fc.constant(2 ** 52)),
  // Compression, time of appending, transactional, control.
  attributes: fc
    .tuple(fc.constantFrom(0, GZIP, ZSTD), fc.constantFrom(0, 0x8), fc.constantFrom(0, 0x10), fc.constantFrom(0, 0x20))
    .map((flags) => flags.reduce<number>((sum, flag) => sum + flag, 0)),
  firstTimestamp: timestamp,
  maxTimestamp: timestamp,
  producerId: fc.integer({ min: -1 }),
  records: fc.array(record, { maxLength: 5 }),
});
const partition: fc.Arbitrary<TestPartition> = fc.record({
  batches: fc.array(batch, { maxLength: 3 }),
  cutBytes: fc.oneof(fc.constant(0), fc.nat({ max: 100 })),
  aborted: fc.array(fc.record({ producerId: fc.nat(), firstOffset: fc.nat() }), { maxLength: 2 }),
});
const response = fc.array(fc.tuple(fc.string(), fc.array(partition, { maxLength: 3 })), { maxLength: 3 });

describe('The decoder of fetched records', () => {
  test('reads every answer of a broker as kafkajs does', async () => {
    await fc.assert(
      fc.asyncProperty(response, async (topics) => {
        const answer = encodeResponse(topics);
        expect(plain(await decodeFetchResponse(answer, fetchDecoders))).toEqual(plain(await theirs.decode(answer)));
      }),
      { numRuns: 300 },
    );
  });

  test('reads what was written before Kafka 0.11 as kafkajs does', async () => {
    const messageSet: (set: unknown) => Encoder = kafkajs('kafkajs/src/protocol/messageSet');
    const entries = [{ key: 'k', value: 'one' }, { value: 'two' }];
    for (const messageVersion of [0, 1]) {
      const { buffer } = messageSet({ messageVersion, compression: 0, entries });
      const answer = encodePartitions([['old', [{ set: buffer, aborted: [] }]]]);
      const decoded = await decodeFetchResponse(answer, fetchDecoders);
      expect(decoded.responses[0]?.partitions[0]?.messages).toHaveLength(2);
      expect(plain(decoded)).toEqual(plain(await theirs.decode(answer)));
    }
  });

  test('says so where a record runs over the end of its batch', async () => {
    const whole = encodeBatch(batchOf([{ timestampDelta: 0, key: null, value: Buffer.alloc(9), headers: [] }]));
    const corrupt = Buffer.from(whole);
    corrupt[61] = 0x7e;
    const answer = encodePartitions([['t', [{ set: corrupt, aborted: [] }]]]);
    await expect(decodeFetchResponse(answer, fetchDecoders)).rejects.toThrow(
      'Record 0 of the batch at offset 0 has a wrong length',
    );
  });

  test('takes a header by its name, whatever JavaScript has under it: kafkajs adds to what objects inherit', async () => {
    const headers: [string, Buffer][] = ['__proto__', 'constructor'].map((name) => [name, Buffer.from(name)]);
    const set = encodeBatch(batchOf([{ timestampDelta: 0, key: null, value: null, headers }]));
    const { responses } = await decodeFetchResponse(encodePartitions([['t', [{ set, aborted: [] }]]]), fetchDecoders);
    const [message] = responses[0]?.partitions[0]?.messages ?? [];
    expect(Object.entries((message as { headers: object }).headers)).toEqual(headers);
  });

  test('goes on after a batch that the log cleaner emptied, and after one that was cut short', async () => {
    const kept = batchOf([{ timestampDelta: 0, key: null, value: Buffer.from('kept'), headers: [] }]);
    const set = Buffer.concat([encodeBatch(batchOf([])), encodeBatch(kept), encodeBatch(kept).subarray(0, 70)]);
    const answer = encodePartitions([['t', [{ set, aborted: [] }]]]);
    const { responses } = await decodeFetchResponse(answer, fetchDecoders);
    const values = responses[0]?.partitions[0]?.messages.map((message) => String((message as { value: Buffer }).value));
    expect(values).toEqual(['kept']);
  });
});

const batchOf = (records: TestRecord[]): TestBatch => ({
  ...{ firstOffset: 0, attributes: 0, firstTimestamp: 0n, maxTimestamp: 0n, producerId: -1 },
  records,
});

const encodeResponse = (topics: readonly (readonly [string, readonly TestPartition[]])[]): Buffer =>
  encodePartitions(
    topics.map(([topic, partitions]) => [
      topic,
      partitions.map(({ batches, cutBytes, aborted }) => {
        const set = Buffer.concat(batches.map(encodeBatch));
        // kafkajs fails where even the magic byte is cut off, which no broker does.
        return { set: set.subarray(0, Math.max(Math.min(set.length, MAGIC_ENDS_AT), set.length - cutBytes)), aborted };
      }),
    ]),
  );

type EncodedPartition = { set: Buffer; aborted: TestPartition['aborted'] };

function encodePartitions(topics: readonly (readonly [string, readonly EncodedPartition[]])[]): Buffer {
  const answer = encoder().writeInt32(7).writeInt16(0).writeInt32(3).writeInt32(topics.length);
  for (const [topic, partitions] of topics) {
    answer.writeString(topic).writeInt32(partitions.length);
    for (const [index, { set, aborted }] of partitions.entries()) {
      answer.writeInt32(index).writeInt16(0).writeInt64(100).writeInt64(90).writeInt64(1).writeInt32(aborted.length);
      for (const { producerId, firstOffset } of aborted) answer.writeInt64(producerId).writeInt64(firstOffset);
      answer.writeInt32(-1).writeBytes(set);
    }
  }
  return answer.buffer;
}

/** As https://kafka.apache.org/documentation/#recordbatch has it; kafkajs's own encoder knows no control batches. */
function encodeBatch(given: TestBatch): Buffer {
  const records = Buffer.concat(given.records.map(encodeRecord));
  const codec = given.attributes & 0x7;
  const compressed = codec === GZIP ? gzipSync(records) : codec === ZSTD ? zstdCompressSync(records) : records;
  const body = encoder()
    .writeInt32(5)
    .writeInt8(2)
    .writeInt32(0)
    .writeInt16(given.attributes)
    .writeInt32(Math.max(0, given.records.length - 1))
    .writeInt64(given.firstTimestamp)
    .writeInt64(given.maxTimestamp)
    .writeInt64(given.producerId)
    .writeInt16(2)
    .writeInt32(11)
    .writeInt32(given.records.length)
    .writeBuffer(compressed);
  return encoder().writeInt64(given.firstOffset).writeBytes(body.buffer).buffer;
}

function encodeRecord({ timestampDelta, key, value, headers }: TestRecord, offsetDelta: number): Buffer {
  const body = encoder().writeInt8(0).writeVarLong(timestampDelta).writeVarInt(offsetDelta);
  body.writeVarIntBytes(key).writeVarIntBytes(value).writeVarInt(headers.length);
  for (const [name, header] of headers) body.writeVarIntString(name).writeVarIntBytes(header);
  return encoder().writeVarInt(body.size()).writeBuffer(body.buffer).buffer;
}

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
