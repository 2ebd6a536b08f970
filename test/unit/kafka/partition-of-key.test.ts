import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { createPartitionOfKey } from '../../../services/shared/kafka/publisher/partition-of-key.ts';

const PARTITIONS = 1_009;

const byKafkajs = Partitioners.DefaultPartitioner();
const partition = { partitionErrorCode: 0, leader: 0, replicas: [], isr: [] };
const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => ({ ...partition, partitionId }));

const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  maxLength: 300,
});

test('When a record has a key, then its partition is the one kafkajs and Java would choose: any length, any text, lone surrogates too', () => {
  const partitionOf = createPartitionOfKey(PARTITIONS);
  const property = fc.property(fc.oneof(anyText, fc.string({ unit: 'binary', maxLength: 40 })), (key) => {
    expect(partitionOf(key)).toBe(byKafkajs({ topic: 't', partitionMetadata, message: { key, value: null } }));
  });
  fc.assert(property, { numRuns: 500, examples: [[''], ['a'], ['ab'], ['abc'], ['abcd'], ['é'], ['\ud83d'], ['😀x']] });
});

// The vectors of org.apache.kafka.common.utils.UtilsTest.testMurmur2, as partitions.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
])('When the key is %s, then its hash is the one of Kafka’s own tests', (key, hash) => {
  expect(createPartitionOfKey(2 ** 31 - 1)(key)).toBe((hash & 0x7fffffff) % (2 ** 31 - 1));
});

test('When records have no key, then they take the partitions in turn', () => {
  const partitionOf = createPartitionOfKey(3);
  const taken = Array.from({ length: 7 }, () => partitionOf(null));
  expect(taken).toEqual([1, 2, 0, 1, 2, 0, 1]);
});
