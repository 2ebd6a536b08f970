import { describe, expect, test } from '@jest/globals';
import { decodeFetchResponse } from '../../../services/shared/kafka/fetch/fetch-response.ts';
import type { FetchedRecord } from '../../../services/shared/kafka/fetch/fetched-record.ts';
import { unreadableBatch } from '../../../services/shared/kafka/fetch/unreadable-batch.ts';
import { fetchDecoders, useOwnFetchDecoder } from '../../../services/shared/kafka/fetch/use-own-fetch-decoder.ts';
import { createPartitionOfKey } from '../../../services/shared/kafka/publisher/partition-of-key.ts';
import { answerWith } from '../../support/fetch-answer.ts';
import { hostileBatches, largeBatches } from '../../support/hostile/hostile-records.ts';
import { hostileValues } from '../../support/hostile/hostile-values.ts';
import { call } from './events.ts';
import { inMemory, RULES, TOPICS } from './projection-in-memory.ts';

useOwnFetchDecoder();
const partition = createPartitionOfKey(RULES.partitions)('u-1');
const LOG_TIME = Date.UTC(2026, 10, 22, 13);
/** Of the dead letters. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Values made from an event of this projection, and what delivers a batch as a broker would. */
async function given() {
  const memory = await inMemory({}, { maxDeadLetterBytes: MAX_BYTES });
  const { driver, pipe } = memory;
  pipe(call({ id: 'hostile' }), LOG_TIME);
  const event = driver.records(TOPICS.callLogs)[0]?.value ?? Buffer.alloc(0);
  const values = hostileValues({
    event,
    otherEvent: Buffer.concat([Buffer.from([0, 0, 0, 0, 2]), event.subarray(5)]),
    row: Buffer.concat([Buffer.from([0, 0, 0, 0, 3]), event.subarray(5)]),
    schemaIds: [['one that is lost', 4_711]],
  });
  const deliver = async (bytes: Buffer): Promise<void> => {
    const { responses } = await decodeFetchResponse(answerWith(bytes), fetchDecoders);
    for (const message of (responses[0]?.partitions[0]?.messages ?? []) as FetchedRecord[]) {
      const { key, value } = message;
      const headers = { ...message.headers };
      driver.pipe({
        ...{ topic: TOPICS.callLogs, partition, timestampMs: LOG_TIME, headers, unreadable: unreadableBatch(message) },
        ...{ key: key?.toString('latin1') ?? null, value },
      });
    }
  };
  return { ...memory, values, deliver };
}

describe('When hostile batches come between good ones', () => {
  test('then each is one dead letter, within the limit of its topic, and all good ones count', async () => {
    const { driver, pipe, totals, counts, values, deliver } = await given();
    const batches = hostileBatches(values);
    expect(batches.length).toBeGreaterThan(170);
    for (const [index, { bytes }] of batches.entries()) {
      await deliver(bytes);
      pipe(call({ id: `good-${index}` }), LOG_TIME);
    }
    await driver.drain();
    expect((await totals()).get('user/u-1/lifetime')?.inbound.missed).toBe(batches.length + 1);
    const letters = driver.records(TOPICS.deadLetters);
    const places = letters.map(({ headers }) => Number(headers.offset));
    expect(places).toEqual(batches.map((_, index) => 1 + index * 2));
    expect(counts('dead_letter')).toBe(batches.length);
  });

  test('that are too large for the dead letters or the memory, then each is one dead letter all the same', async () => {
    const { driver, pipe, totals, deliver } = await given();
    const batches = largeBatches();
    for (const { bytes } of batches) await deliver(bytes);
    pipe(call({ id: 'good' }), LOG_TIME);
    await driver.drain();
    expect((await totals()).get('user/u-1/lifetime')?.inbound.missed).toBe(2);
    const letters = driver.records(TOPICS.deadLetters);
    expect(letters.map(({ headers }) => headers.reason)).toEqual([
      ...Array(5).fill('not-wire-format'),
      ...Array(3).fill('unreadable-batch'),
    ]);
    expect(letters.map(({ headers }) => headers['value-sha256'] !== undefined)).toEqual([
      ...[true, true, true, true, false],
      ...[false, false, false],
    ]);
  });
});
