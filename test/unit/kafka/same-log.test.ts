import { describe, expect, test } from '@jest/globals';
import { LogChangedError } from '../../../services/shared/kafka/log-lookup/log-changed.ts';
import {
  assertSameLine,
  assertSameTopics,
  type FollowedLogs,
  followLogs,
} from '../../../services/shared/kafka/projection/same-log.ts';
import { type LogMark, markOf } from '../../../services/shared/projection/log-mark.ts';

const TOPIC = 'in';
const REMEDY = 'Do this.';
const markAt = (offset: number, value = 'old'): LogMark =>
  markOf({ offset, timestampMs: 1, value: Buffer.from(value) });

type Log = Readonly<{ low: number; high: number; value?: string; epoch?: number; removed?: number }>;

/** Looks at a log that has a record at every offset but the one removed. */
const lookInto = ({ low, high, value = 'old', epoch = 4, removed }: Log) => ({
  lookup: {
    recordAt: async (_topic: string, _partition: number, offset: number) =>
      offset < low || offset >= high ? null : { mark: markAt(offset, value), epoch },
    nextOffset: async (_topic: string, _partition: number, offset: number) =>
      offset < low || offset >= high ? null : offset === removed ? offset + 1 : offset,
  },
  ids: new Map([[TOPIC, 'id-1']]),
  endOf: () => ({ low, high }),
  askEndOf: async () => ({ low, high }),
  remedy: REMEDY,
});
const follow = (log: Log, position: number, mark: LogMark | null) =>
  followLogs(lookInto(log), 2, { [TOPIC]: position }, { [TOPIC]: mark });

describe('A position is gone on from', () => {
  test.each<[string, Log, number, LogMark | null]>([
    ['where the last record counted is still before it', { low: 0, high: 20 }, 10, markAt(9)],
    ['at the end of the log', { low: 0, high: 10 }, 10, markAt(9)],
    ['where only markers are between them', { low: 0, high: 20 }, 10, markAt(6)],
    ['where what was counted is deleted, up to the position and no further', { low: 10, high: 20 }, 10, markAt(9)],
    ['at 0, where nothing was counted yet', { low: 0, high: 20 }, 0, null],
    ['where the state is of a version without marks', { low: 0, high: 20 }, 10, null],
  ])('%s', async (_where, log, position, mark) => {
    const { places } = await follow(log, position, mark);
    expect(places.get(TOPIC)?.mark).toBe(mark);
  });

  test('where the log’s start has passed the last record counted since it was looked at', async () => {
    const logs = { ...lookInto({ low: 10, high: 20 }), endOf: () => ({ low: 0, high: 20 }) };
    await expect(followLogs(logs, 2, { [TOPIC]: 10 }, { [TOPIC]: markAt(9) })).resolves.toBeDefined();
  });
});

describe('A position is outside the log, which stops its partition, names the records and says what to do,', () => {
  test.each<[string, Log, number, LogMark | null, object, string]>([
    [
      'when records were deleted before they were read',
      { low: 15, high: 20 },
      10,
      markAt(9),
      { reason: 'deleted', records: '10 to 14' },
      'records 10 to 14 were deleted before they were read',
    ],
    [
      'when the log is shorter than what was read of it',
      { low: 0, high: 5 },
      10,
      markAt(9),
      { reason: 'changed', records: 'from 0' },
      'made anew',
    ],
    [
      'when the log has grown past the position, but is another one',
      { low: 0, high: 20, value: 'new' },
      10,
      markAt(9),
      { reason: 'changed', records: 'up to 9' },
      'another record at offset 9',
    ],
    [
      'when the next record was removed from its middle',
      { low: 0, high: 20, removed: 10 },
      10,
      markAt(9),
      { reason: 'removed', records: '10' },
      'cleanup.policy',
    ],
  ])('%s', async (_when, log, position, mark, fields, said) => {
    const stopped = follow(log, position, mark);
    await expect(stopped).rejects.toMatchObject({
      name: 'PositionOutsideLogError',
      topic: TOPIC,
      partition: 2,
      ...fields,
    });
    await expect(stopped).rejects.toThrow(said);
    await expect(stopped).rejects.toThrow(`Nothing was skipped. ${REMEDY}`);
  });
});

describe('While a task runs', () => {
  const followed = (): FollowedLogs => ({
    ids: new Map([[TOPIC, 'id-1']]),
    places: new Map([[TOPIC, { mark: markAt(9), epoch: 4 }]]),
  });

  test('when a topic has another id, then the log has changed', async () => {
    const now = (id: string) => ({ topicIds: async () => new Map([[TOPIC, id]]) });
    await expect(assertSameTopics(now('id-1'), 2, followed())).resolves.toBeUndefined();
    await expect(assertSameTopics(now('id-2'), 2, followed())).rejects.toBeInstanceOf(LogChangedError);
  });

  test('when another leader wrote what comes next, then the last record folded is looked for, and else never', async () => {
    const same = lookInto({ low: 0, high: 20 }).lookup;
    const cut = lookInto({ low: 0, high: 20, value: 'new' }).lookup;
    await expect(assertSameLine(cut, TOPIC, 2, followed(), 4)).resolves.toBeUndefined();
    await expect(assertSameLine(same, TOPIC, 2, followed(), 5)).resolves.toBeUndefined();
    await expect(assertSameLine(cut, TOPIC, 2, followed(), 5)).rejects.toBeInstanceOf(LogChangedError);
    await expect(assertSameLine(lookInto({ low: 0, high: 5 }).lookup, TOPIC, 2, followed(), 5)).rejects.toThrow(
      'record 9',
    );
  });
});
