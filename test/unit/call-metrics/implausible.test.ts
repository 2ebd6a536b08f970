import { describe, expect, test } from '@jest/globals';
import { createQueries } from '../../../services/call-metrics/queries.ts';
import { answered, call, voicemail } from './events.ts';
import { inMemory } from './projection-in-memory.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 22, 12);
const IN_2090 = Date.UTC(2090, 0, 1);
const missedAt = (startTimestamp: number) => ({ type: 'missed' as const, startTimestamp });
const onePartition = (rules = {}) => inMemory({ partitions: 1, ...rules });

describe('When a sender says what cannot be', () => {
  test('a call of 2090, then it counts, flagged; today stays in the query API, and the last event is the last one', async () => {
    const { driver, pipe, view } = await onePartition();
    pipe(call({ id: 'today' }), NOON);
    pipe(call({ id: 'future', result: missedAt(IN_2090) }), NOON + 1);
    pipe(voicemail({ id: 'v-future', timestamp: IN_2090 }), NOON + 1);
    await driver.drain();

    const { calendar, committed } = view();
    const queries = createQueries({ view: committed, partitions: 1, partitionOf: () => 0, calendar });
    const answer = queries.callMetrics({ type: 'user', uid: 'u-1' }, null);
    expect(answer?.lifetime).toMatchObject({
      inboundMissed: 2,
      voicemails: 1,
      lastEventAt: '2026-11-22T12:00:00.000Z',
    });
    expect(answer?.days).toEqual([expect.objectContaining({ date: '2026-11-22', inboundMissed: 1, voicemails: 0 })]);
  });

  test('a hang-up in microseconds, then its seconds are in no sum', async () => {
    const { driver, pipe, totals } = await onePartition();
    pipe(call({ id: 'good', result: answered(NOON, 1_000, 60_000) }), NOON);
    pipe(call({ id: 'odd', result: answered(NOON, 1_000, NOON * 999) }), NOON);
    pipe(voicemail({ duration: 25 * HOUR }), NOON);
    await driver.drain();

    const table = await totals();
    expect([...table.keys()]).toEqual(['user/u-1/lifetime', 'user/u-1/2026-11-22']);
    expect(table.get('user/u-1/lifetime')).toMatchObject({
      inbound: { answered: 2, implausibleAnswered: 1, answerMs: 1_000, talkMs: 60_000, clockSkewed: 0 },
      voicemails: 1,
      implausibleVoicemails: 1,
      voicemailMs: 0,
      lateEvents: 0,
    });
    expect(table.get('user/u-1/lifetime')?.inbound.talkHistogram.reduce((a, b) => a + b)).toBe(1);
    expect(table.get('user/u-1/2026-11-22')).toMatchObject({ inbound: { answered: 1, implausibleAnswered: 0 } });
  });

  test('the same again, then it is a duplicate as any other', async () => {
    const { driver, pipe, counts } = await onePartition();
    pipe(call({ result: missedAt(IN_2090) }), NOON);
    pipe(call({ result: missedAt(IN_2090) }), NOON + 1);
    await driver.drain();
    await driver.crash();
    pipe(call({ result: missedAt(IN_2090) }), NOON + 2);
    await driver.drain();
    expect([counts('applied'), counts('duplicate')]).toEqual([1, 2]);
  });
});

describe('When a broker’s clock is wrong', () => {
  const fresh = (id: string, atMs: number) => call({ id, result: missedAt(atMs) });

  test.each([
    ['one record', 1],
    ['two thousand records', 2_000],
  ])(
    'for %s 40 days ahead, then no id is forgotten, before or after a restart, and no day is closed',
    async (_name, count) => {
      const { driver, pipe, counts, totals, takeExpiredSeen } = await onePartition({ dedupeDays: 30, keptDays: 35 });
      pipe(fresh('early', NOON - DAY), NOON - DAY);
      pipe(fresh('now', NOON), NOON);
      for (let index = 0; index < count; index += 1)
        pipe(fresh(`ahead-${index}`, NOON + index), NOON + 40 * DAY + index);
      pipe(fresh('now', NOON), NOON + 40 * DAY + count);
      await driver.drain();
      await driver.crash();
      pipe(fresh('early', NOON - DAY), NOON + 10_000);
      pipe(fresh('ahead-0', NOON), NOON + 10_001);
      await driver.drain();

      expect([counts('applied'), counts('duplicate'), takeExpiredSeen(0)]).toEqual([count + 2, 3, null]);
      const table = await totals();
      expect(table.get('user/u-1/2026-11-21')?.inbound.missed).toBe(1);
      expect(table.get('user/u-1/lifetime')?.inbound.missed).toBe(count + 2);
    },
  );

  test('for the first record of a partition, then those after it are not late', async () => {
    const { driver, pipe, totals } = await onePartition();
    pipe(call({ id: 'first', result: missedAt(NOON) }), IN_2090);
    for (let index = 0; index < 100; index += 1) pipe(fresh(`c-${index}`, NOON + index), NOON + index);
    pipe(fresh('c-5', NOON + 5), NOON + 100);
    await driver.drain();
    await driver.crash();
    pipe(fresh('c-6', NOON + 6), NOON + 101);
    await driver.drain();

    const table = await totals();
    expect(table.get('user/u-1/lifetime')).toMatchObject({ lateEvents: 1, inbound: { missed: 101 } });
    expect(table.get('user/u-1/2026-11-22')?.inbound.missed).toBe(100);
  });

  test('and the times in the log stay ahead, as those of the calls, then they are right, and ids age by them', async () => {
    const { driver, pipe, counts } = await onePartition({ dedupeDays: 30 });
    pipe(fresh('early', NOON), NOON);
    pipe(fresh('later', NOON + 40 * DAY), NOON + 40 * DAY);
    pipe(fresh('early', NOON), NOON + 40 * DAY + 1);
    await driver.drain();
    expect([counts('applied'), counts('duplicate')]).toEqual([3, 0]);
  });

  test.each([-1, 0, -(2 ** 62)])(
    'and a record’s time is %d, then it counts at the time the log has come to',
    async (timestampMs) => {
      const { driver, pipe, totals } = await onePartition();
      pipe(fresh('a', NOON), NOON);
      pipe(fresh('b', NOON + DAY), timestampMs);
      pipe(fresh('far', NOON + 3 * DAY), timestampMs);
      pipe(fresh('a', NOON), timestampMs);
      await driver.drain();

      const lifetime = (await totals()).get('user/u-1/lifetime');
      expect(lifetime).toMatchObject({
        inbound: { missed: 3, implausibleMissed: 1 },
        firstSeen: { timestamp: NOON, offset: 0 },
        lastCallAt: { long: NOON + DAY },
        lateEvents: 0,
      });
    },
  );

  test('and no record ever had a time, then events count, and none has a day', async () => {
    const { driver, pipe, totals, counts } = await onePartition();
    pipe(fresh('a', NOON), -1);
    pipe(fresh('a', NOON), -1);
    await driver.drain();

    expect(counts('duplicate')).toBe(1);
    const table = await totals();
    expect([...table.keys()]).toEqual(['user/u-1/lifetime']);
    expect(table.get('user/u-1/lifetime')).toMatchObject({
      inbound: { missed: 1, implausibleMissed: 1 },
      firstSeen: { timestamp: 0, offset: 0 },
    });
  });
});
