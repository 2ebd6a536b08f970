import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import type { Batch } from 'kafkajs';
import { decodeFetchResponse } from '../../../services/shared/kafka/fetch/fetch-response.ts';
import { fetchDecoders } from '../../../services/shared/kafka/fetch/use-own-fetch-decoder.ts';
import { removedOffsets } from '../../../services/shared/kafka/projection/removed-offsets.ts';
import { type AnswerBatch, answerWith, batchOf, encodeBatch, recordOf } from '../../support/fetch-answer.ts';

const KafkajsBatch: new (topic: string, fetchedOffset: string, partition: unknown) => Batch = createRequire(
  import.meta.url,
)('kafkajs/src/consumer/batch');
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const two = [recordOf(), recordOf()];
const marker = recordOf({ key: Buffer.from([0, 0, 0, 1]), value: Buffer.alloc(6) });

test.each<[string, number, readonly AnswerBatch[], object | null]>([
  ['all are there', 4, [batchOf(two, { firstOffset: 4 }), batchOf(two, { firstOffset: 6 })], null],
  ['it was fetched in the middle of a batch', 5, [batchOf(two, { firstOffset: 4 })], null],
  [
    'a transaction ends in it',
    4,
    [
      batchOf(two, { firstOffset: 4, attributes: TRANSACTIONAL }),
      batchOf([marker], { firstOffset: 6, attributes: TRANSACTIONAL + CONTROL }),
    ],
    null,
  ],
  ['a batch is gone', 4, [batchOf(two, { firstOffset: 7 })], { from: 4, to: 7 }],
  [
    'records of a batch are gone',
    4,
    [batchOf([recordOf(), recordOf({ gap: 2 })], { firstOffset: 4 })],
    { from: 5, to: 7 },
  ],
  ['the last record of a batch is gone', 4, [batchOf(two, { firstOffset: 4, emptied: 1 })], { from: 6, to: 7 }],
])(
  'When a batch was fetched and %s, then the offsets that are missing are told',
  async (_what, at, batches, removed) => {
    const { responses } = await decodeFetchResponse(answerWith(Buffer.concat(batches.map(encodeBatch))), fetchDecoders);
    expect(removedOffsets(new KafkajsBatch('t', String(at), responses[0]?.partitions[0]))).toEqual(removed);
  },
);
