import { describe, expect, test } from '@jest/globals';
import type { EachBatchPayload } from 'kafkajs';
import { createBatchIntake } from '../../../services/shared/kafka/projection/batch-intake.ts';
import type { FollowedLogs } from '../../../services/shared/kafka/projection/same-log.ts';
import type { TaskSlot } from '../../../services/shared/kafka/projection/task-slot.ts';
import { createLogger } from '../../../services/shared/observability/logger.ts';
import { markOf } from '../../../services/shared/projection/log-mark.ts';
import { createTask } from '../../../services/shared/projection/task.ts';
import { eventually } from '../../support/eventually.ts';

const TOPIC = 'in';
type Message = Readonly<{ offset: number; epoch?: number }>;

/** One running partition at offset 10, whose preparation and commits do what the test says. */
function given({
  prepare = async () => undefined,
  commit = async () => undefined,
  recordLimit = 100,
}: {
  prepare?: () => Promise<void>;
  commit?: () => Promise<void>;
  recordLimit?: number;
} = {}) {
  const did: string[] = [];
  const restarts: Error[] = [];
  const held = new Map<string, string>();
  const task = createTask({
    opened: {
      positions: { [TOPIC]: 10 },
      fold: {
        apply: () => undefined,
        saw: () => false,
        takeTransaction: () => ({ records: [], committed: () => undefined }),
      },
    },
    commit,
    limits: { intervalMs: 1, records: recordLimit },
    after: () => () => undefined,
    observer: { committed: () => undefined },
  });
  const slot: TaskSlot = {
    task: () => (restarts.length === 0 ? task : null),
    status: () => ({ partition: 0, phase: 'running', sinceMs: 0, problem: null }),
    keep: () => undefined,
    restart: (reason) => restarts.push(reason),
    hold: (topic, reason) => (reason === null ? held.delete(topic) : held.set(topic, reason)),
    isHeld: (topic) => held.has(topic),
    close: async () => undefined,
  };
  const logs: FollowedLogs = {
    ids: new Map(),
    places: new Map([[TOPIC, { mark: markOf({ offset: 9, timestampMs: 0, value: null }), epoch: 4 }]]),
  };
  const intake = createBatchIntake({
    consumer: {
      pause: () => did.push('pause'),
      resume: () => did.push('resume'),
      seek: ({ offset }) => did.push(`seek ${offset}`),
    },
    slots: new Map([[0, slot]]),
    followed: new Map([[0, logs]]),
    projection: { prepare },
    lookup: { recordAt: async () => null },
    remedy: 'Do this.',
    read: () => undefined,
    isStopping: () => false,
    logger: createLogger('test', 'silent'),
  });
  const resolved: string[] = [];
  /** As kafkajs hands out what it fetched at an offset. */
  const fetched = (fetchedOffset: number, ...messages: readonly Message[]) => {
    const rawMessages = messages.map(({ offset, epoch = 4 }) => ({
      ...{ offset: String(offset), timestamp: '0', key: null, value: null, headers: {}, isControlRecord: false },
      batchContext: { partitionLeaderEpoch: epoch },
    }));
    const batch = {
      ...{ topic: TOPIC, partition: 0, highWatermark: '100', messages: rawMessages, rawMessages },
      fetchedOffset: String(fetchedOffset),
      firstOffset: () => rawMessages[0]?.offset ?? null,
      lastOffset: () => rawMessages.at(-1)?.offset ?? '',
    };
    const payload = { batch, resolveOffset: (offset: string) => resolved.push(offset) };
    return intake.eachBatch(payload as unknown as EachBatchPayload);
  };
  return { intake, fetched, task, did, restarts, held, resolved };
}

describe('A batch', () => {
  test('when it continues at the position, then it is folded and kafkajs goes on behind it', async () => {
    const { fetched, task, resolved, did } = given();
    await fetched(10, { offset: 10 }, { offset: 11 });
    expect([task.positions()[TOPIC], resolved, did]).toEqual([12, ['11'], []]);
  });

  test('when its records cannot be prepared, then kafkajs gets it back, fetches nothing more of the partition, and goes on once they can', async () => {
    let away = true;
    const { fetched, task, did, held, resolved } = given({
      prepare: async () => {
        if (away) throw new Error('the registry is away');
      },
    });
    await fetched(10, { offset: 10 });
    expect([did, [...held.values()], resolved]).toEqual([['pause'], ['the registry is away'], []]);
    expect(task.positions()[TOPIC]).toBe(10);
    away = false;
    await eventually(() => did.includes('resume'));
    expect([did, held.size]).toEqual([['pause', 'seek 10', 'resume'], 0]);
    await fetched(10, { offset: 10 });
    expect(task.positions()[TOPIC]).toBe(11);
  });

  test('when its commit takes long, then nothing more of the partition is fetched until there is room', async () => {
    const committing = Promise.withResolvers<void>();
    const { fetched, did, held } = given({ commit: () => committing.promise, recordLimit: 1 });
    await fetched(10, { offset: 10 });
    await fetched(11, { offset: 11 });
    expect([did, [...held.values()]]).toEqual([['pause'], ['its commit takes long']]);
    committing.resolve();
    await eventually(() => did.includes('resume'));
    expect(did).toEqual(['pause', 'seek 12', 'resume']);
  });

  test.each([9, 11])(
    'when it was fetched at %i and not at the position, then it is fetched from there again; the third time the task is restored',
    async (at) => {
      const { fetched, did, restarts, task } = given();
      for (let time = 0; time < 3; time += 1) await fetched(at, { offset: at });
      expect([did, restarts.map(({ name }) => name)]).toEqual([['seek 10', 'seek 10'], ['LogChangedError']]);
      expect(task.positions()[TOPIC]).toBe(10);
    },
  );

  test('when records are missing in its middle, then the partition stops, and nothing of it is folded', async () => {
    const { fetched, restarts, task } = given();
    await fetched(10, { offset: 10 }, { offset: 13 });
    expect(restarts).toMatchObject([{ name: 'PositionOutsideLogError', reason: 'removed', records: '11 to 12' }]);
    expect(task.positions()[TOPIC]).toBe(10);
  });

  test('when another leader wrote it and the last record folded is not in the log any more, then the task is restored', async () => {
    const { fetched, restarts, task } = given();
    await fetched(10, { offset: 10, epoch: 5 });
    expect([restarts.map(({ name }) => name), task.positions()[TOPIC]]).toEqual([['LogChangedError'], 10]);
  });
});

describe('What kafkajs tells beside its batches:', () => {
  test('offsets without a record for us are passed; where some are missing before them, they are fetched again', () => {
    const { intake, task, did } = given();
    intake.passed(TOPIC, 0, 10, 12);
    intake.passed(TOPIC, 0, 13, 14);
    expect([task.positions()[TOPIC], did]).toEqual([12, ['seek 12']]);
  });

  test('a position out of range pauses the partition at once and restores its task', () => {
    const { intake, did, restarts } = given();
    intake.outOfRange(TOPIC, 0);
    expect([did, restarts.map(({ name }) => name)]).toEqual([['pause'], ['LogChangedError']]);
  });
});
