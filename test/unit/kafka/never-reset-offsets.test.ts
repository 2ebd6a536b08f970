import { createRequire } from 'node:module';
import { afterEach, describe, expect, test } from '@jest/globals';
import { neverResetOffsets } from '../../../services/shared/kafka/fetch/never-reset-offsets.ts';

type Group = { recoverFromFetch: (error: unknown) => Promise<void> };
const ConsumerGroup: new (options: object) => Group = createRequire(import.meta.url)(
  'kafkajs/src/consumer/consumerGroup',
);

const outOfRange = { name: 'KafkaJSOffsetOutOfRange', topic: 't', partition: 3 };
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A group of kafkajs’s as its consumer makes it, and the offsets it reset. */
function groupOf(groupId: string) {
  const silent = { info: () => undefined, error: () => undefined, debug: () => undefined };
  const group = new ConsumerGroup({ groupId, logger: { namespace: () => silent }, topics: [] });
  const resets: unknown[] = [];
  Object.assign(group, { offsetManager: { setDefaultOffset: async (place: unknown) => resets.push(place) } });
  return { group, resets };
}

describe('When a broker says that a position is out of range', () => {
  test('then the listener of that group is told, and kafkajs resets nothing', async () => {
    const told: unknown[] = [];
    stops.push(neverResetOffsets('ours', (topic, partition) => told.push([topic, partition])));
    const { group, resets } = groupOf('ours');
    await group.recoverFromFetch(outOfRange);
    expect([told, resets]).toEqual([[['t', 3]], []]);
  });

  test('to a group that nobody listens for, then kafkajs does as ever', async () => {
    const stop = neverResetOffsets('ours', () => undefined);
    stop();
    for (const groupId of ['ours', 'other']) {
      const { group, resets } = groupOf(groupId);
      await group.recoverFromFetch(outOfRange);
      expect(resets).toEqual([{ topic: 't', partition: 3 }]);
    }
  });
});
