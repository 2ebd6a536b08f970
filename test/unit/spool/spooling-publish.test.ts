import { expect, test } from '@jest/globals';
import type { OutgoingRecord, PublishOutcome } from '../../../services/shared/kafka/publisher/outgoing-record.ts';
import { createSpoolingPublish } from '../../../services/shared/spool/spooling-publish.ts';

const record = (value: string): OutgoingRecord => ({
  topic: 't',
  partition: 0,
  key: 'k',
  value: Buffer.from(value),
  headers: {},
});

test('When the queue is full, then what waits there for a key is spooled before the newer event that finds no room', async () => {
  const spooled: string[] = [];
  const waiting: ((outcome: PublishOutcome) => void)[] = [];
  const publish = createSpoolingPublish(
    {
      publish: (): Promise<PublishOutcome> =>
        waiting.length === 2 ? Promise.resolve('overloaded') : new Promise((answer) => waiting.push(answer)),
      giveUp: () => {
        for (const answer of waiting) answer('unknown');
      },
    },
    {
      holds: () => spooled.length > 0,
      append: async ({ value }) => {
        spooled.push(String(value));
        return 'stored';
      },
    },
    () => true,
    1_000,
  );
  const outcomes = await Promise.all(['1', '2', '3'].map((value) => publish(record(value))));
  expect(outcomes).toEqual(['spooled', 'spooled', 'spooled']);
  expect(spooled).toEqual(['1', '2', '3']);
});

test.each<[PublishOutcome, string, boolean | null]>([
  ['durable', 'durable', null],
  ['too-large', 'too-large', null],
  ['unavailable', 'spooled', false],
  ['refused', 'spooled', false],
  ['unknown', 'spooled', true],
])('When Kafka’s outcome is %s, then the sender’s is %s', async (outcome, expected, maybeInLog) => {
  let given: boolean | null = null;
  const publish = createSpoolingPublish(
    { publish: async () => outcome, giveUp: () => undefined },
    {
      holds: () => false,
      append: async (_record, maybe) => {
        given = maybe;
        return 'stored';
      },
    },
    () => true,
    1_000,
  );
  expect(await publish(record('a'))).toBe(expected);
  expect(given).toBe(maybeInLog);
});
