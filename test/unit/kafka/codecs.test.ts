import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { MAX_BATCH_BYTES, registerCodecs } from '../../../services/shared/kafka/fetch/codecs.ts';
import { decodeFetchResponse } from '../../../services/shared/kafka/fetch/fetch-response.ts';
import { decompressLz4 } from '../../../services/shared/kafka/fetch/lz4-frame.ts';
import { decompressSnappy } from '../../../services/shared/kafka/fetch/snappy-blocks.ts';
import { unreadableBatch } from '../../../services/shared/kafka/fetch/unreadable-batch.ts';
import { fetchDecoders } from '../../../services/shared/kafka/fetch/use-own-fetch-decoder.ts';
import {
  type AnswerBatch,
  answerWith,
  batchOf,
  encodeBatch,
  GZIP,
  LZ4,
  recordOf,
  SNAPPY,
  ZSTD,
} from '../../support/fetch-answer.ts';
import { xerialSnappy } from '../../support/hostile/codecs.ts';

registerCodecs();

type Message = { offset: string; value: Buffer | null };
type Compress = (records: Buffer) => Buffer;

const messagesIn = async (...batches: readonly AnswerBatch[]) => {
  const answer = answerWith(Buffer.concat(batches.map(encodeBatch)));
  const { responses } = await decodeFetchResponse(answer, fetchDecoders);
  return (responses[0]?.partitions[0]?.messages ?? []) as Message[];
};
const values = (messages: readonly Message[]) => messages.map(({ value }) => String(value));

const lz4 = (records: Buffer) => compressFrameSync(records);
const snappy = (records: Buffer) => compressSync(records);

const codecs: readonly (readonly [string, number, Compress])[] = [
  ['gzip', GZIP, gzipSync],
  ['Snappy in one block, as librdkafka writes it', SNAPPY, snappy],
  ['Snappy in blocks, as Java writes it', SNAPPY, (records) => xerialSnappy(records, 100)],
  ['LZ4', LZ4, lz4],
  [
    'LZ4 with checksums of blocks and content',
    LZ4,
    (records) => compressFrameSync(records, { blockChecksums: true, contentChecksum: true }),
  ],
  ['zstd', ZSTD, zstdCompressSync],
];

describe.each(codecs)('A batch in %s', (_name, attributes, compress) => {
  const texts = Array.from({ length: 50 }, (_, index) => `record ${index} `.repeat(index));
  const records = texts.map((text) => recordOf({ value: Buffer.from(text) }));

  test('is read', async () => {
    expect(values(await messagesIn(batchOf(records, { attributes, compress })))).toEqual(texts);
  });

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['is cut off', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['is garbage', () => Buffer.from('garbage that no codec has written')],
    ['is empty', () => Buffer.alloc(0)],
    [
      'holds other bytes than it should',
      (bytes) => Buffer.from(bytes.map((byte, index) => (index > 30 ? byte ^ 0xa5 : byte))),
    ],
    ['is of another codec', () => Buffer.from(attributes === GZIP ? zstdCompressSync('x') : gzipSync('x'))],
  ])('that %s stands for itself as one record, and what follows is read', async (_what, spoil) => {
    const spoilt = batchOf(records, { attributes, compress: (bytes) => spoil(compress(bytes)) });
    const messages = await messagesIn(spoilt, batchOf([recordOf({ value: Buffer.from('next') })], { firstOffset: 50 }));
    expect(messages.map(({ offset }) => offset)).toEqual(['49', '50']);
    expect(unreadableBatch(messages[0] ?? {})).toMatchObject({ firstOffset: 0, records: 50 });
    expect(messages[0]?.value).toEqual(encodeBatch(spoilt));
    expect(String(messages[1]?.value)).toBe('next');
  });
});

describe('A batch that would fill the memory', () => {
  test('is not read, and stands for itself', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(MAX_BATCH_BYTES + 1));
    const batches = [
      batchOf([recordOf()], { attributes: ZSTD, compress: () => bomb }),
      batchOf([recordOf()], { firstOffset: 1, attributes: GZIP, compress: () => gzipBomb() }),
    ];
    const messages = await messagesIn(...batches);
    expect(messages.map((message) => unreadableBatch(message)?.firstOffset)).toEqual([0, 1]);
  });

  test.each([
    ['Snappy', decompressSnappy, snappy],
    ['Snappy in blocks', decompressSnappy, xerialSnappy],
    ['LZ4', decompressLz4, lz4],
  ])('is known by what stands in it, in %s: nothing is undone', async (_name, decompress, compress) => {
    const bytes = compress(Buffer.alloc(1_000_000));
    expect((await decompress(bytes, 1_100_000)).length).toBe(1_000_000);
    await expect(decompress(bytes, 999_999)).rejects.toMatchObject({ name: 'RangeError' });
  });
});

/** A little more than is taken, of zeros: compressed once, as gzip takes its time, and put together, as gzip may be. */
function gzipBomb(): Buffer {
  const part = gzipSync(Buffer.alloc(MAX_BATCH_BYTES / 8));
  return Buffer.concat(Array(9).fill(part));
}

test('When the batches of an answer become too much together, then the rest is left for the next answer, and nothing is skipped', async () => {
  const half = recordOf({ value: Buffer.alloc(MAX_BATCH_BYTES / 2) });
  const large = (firstOffset: number) => batchOf([half], { firstOffset, attributes: ZSTD });
  const batches = [large(0), large(1), large(2), large(3)];
  expect((await messagesIn(...batches)).map(({ offset }) => offset)).toEqual(['0', '1']);
  expect((await messagesIn(...batches.slice(2))).map(({ offset }) => offset)).toEqual(['2', '3']);
});
