import { describe, expect, test } from '@jest/globals';
import { decodeTopicMetadata, topicMetadataRequest } from '../../../services/shared/kafka/log-lookup/topic-metadata.ts';

const id = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const hex = (...parts: readonly string[]): Buffer => Buffer.from(parts.join('').replace(/ /g, ''), 'hex');

describe('Topic metadata, version 11', () => {
  test('is asked for by name, without creating a topic, behind the tags of a header that kafkajs does not write', async () => {
    const { request } = topicMetadataRequest(['t.a']);
    expect([request.apiKey, request.apiVersion]).toEqual([3, 11]);
    const encoded = (await request.encode()) as { buffer: Buffer };
    expect(encoded.buffer.toString('hex')).toBe(
      hex('00', '02', '00'.repeat(16), '04 742e61', '00', '00', '00', '00').toString('hex'),
    );
  });

  test('is read with the id and the leaders of each topic, tags of newer brokers left out', () => {
    const replicas = '02 00000001';
    const partition = (index: string, leader: string) =>
      `0000 ${index} ${leader} 00000007 ${replicas} ${replicas} 01 00`;
    const answer = hex(
      '00 00000000', // tags of the header, throttle
      '02 00000001 05 686f7374 00002384 00 00', // one broker
      '04 636c75 00000001', // cluster id, controller
      '03',
      `0000 04 742e61 ${id} 00 03 ${partition('00000000', '00000001')} ${partition('00000001', 'ffffffff')} 80000000 01 05 02 abcd`,
      `0003 04 742e62 ${'00'.repeat(16)} 00 01 80000000 00`,
      '00',
    );
    expect(decodeTopicMetadata(answer)).toEqual([
      {
        topic: 't.a',
        errorCode: 0,
        id,
        leaders: new Map([
          [0, 1],
          [1, -1],
        ]),
      },
      { topic: 't.b', errorCode: 3, id: '00'.repeat(16), leaders: new Map() },
    ]);
  });
});
