import { describe, expect, test } from '@jest/globals';
import { RefusedError } from '../../../services/shared/projection/projection.ts';
import { call, voicemail } from './events.ts';
import { inMemory, TOPICS } from './projection-in-memory.ts';

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 10, 22, 12);
const missedAt = (startTimestamp: number) => ({ type: 'missed' as const, startTimestamp });
/** A call of the same user that comes as it happens, and so bears the log's time out. */
const fresh = (atMs: number) => call({ id: `fresh-${atMs}`, direction: 'outbound', result: missedAt(atMs) });

describe('The horizon of dedupe', () => {
  test('is measured in log time: within it the id is known, past it the same id counts again', async () => {
    const { driver, pipe, totals, counts } = await inMemory({ dedupeDays: 30 });
    pipe(call(), NOON);
    pipe(call(), NOON + 30 * DAY);
    await driver.drain();
    expect(counts('duplicate')).toBe(1);

    pipe(fresh(NOON + 30 * DAY + 1), NOON + 30 * DAY + 1);
    pipe(call(), NOON + 30 * DAY + 1);
    await driver.drain();
    expect((await totals()).get('user/u-1/lifetime')?.inbound.missed).toBe(2);

    pipe(call(), NOON + 60 * DAY);
    await driver.drain();
    await driver.crash();
    await driver.drain();
    expect((await totals()).get('user/u-1/lifetime')?.inbound.missed).toBe(2);
  });

  test('is the same for ids that wait for their commit: where commits fall changes nothing', async () => {
    const { driver, pipe, counts } = await inMemory({ dedupeDays: 30 });
    pipe(call(), NOON);
    pipe(fresh(NOON + 30 * DAY), NOON + 30 * DAY);
    pipe(call(), NOON + 30 * DAY);
    pipe(call(), NOON + 30 * DAY + 1);
    await driver.drain();
    expect([counts('applied'), counts('duplicate'), driver.transactions()]).toEqual([3, 1, 1]);
  });

  test('of an old event that comes after a long quiet begins when it came: its repeat within the horizon counts once', async () => {
    const { driver, pipe, counts } = await inMemory({ dedupeDays: 30 });
    pipe(fresh(NOON), NOON);
    pipe(call(), NOON + 60 * DAY);
    pipe(call({ id: 'c-2' }), NOON + 62 * DAY);
    pipe(call(), NOON + 69 * DAY);
    await driver.drain();
    await driver.crash();
    pipe(fresh(NOON + 89 * DAY), NOON + 89 * DAY);
    pipe(call(), NOON + 90 * DAY);
    await driver.drain();
    expect([counts('applied'), counts('duplicate')]).toEqual([4, 2]);
  });

  test('when one event is dated 2090 by its sender, then nothing is forgotten', async () => {
    const { driver, pipe, counts } = await inMemory({ dedupeDays: 1 });
    pipe(call({ id: 'early' }), NOON);
    pipe(call({ id: 'future', result: missedAt(Date.UTC(2090, 0, 1)) }), NOON + 1);
    pipe(call({ id: 'early' }), NOON + 2);
    await driver.drain();
    expect(counts('duplicate')).toBe(1);
  });

  test('when a backlog is read years later, then its duplicates are found, whichever topic is read first', async () => {
    const { driver, pipe, counts } = await inMemory({ dedupeDays: 1, partitions: 1 });
    pipe(voicemail(), NOON);
    pipe(voicemail(), NOON + 1);
    pipe(call({ id: 'c-1' }), NOON + 800 * DAY);
    await driver.drain();
    expect([counts('applied'), counts('duplicate')]).toEqual([2, 1]);
  });
});

describe('Days', () => {
  test('when they are older than the horizon in log time, then they are removed; the lifetime stays', async () => {
    const { driver, pipe, totals } = await inMemory({ keptDays: 10, partitions: 1 });
    pipe(call({ id: 'old' }), NOON);
    await driver.drain();
    expect([...(await totals()).keys()]).toEqual(['user/u-1/lifetime', 'user/u-1/2026-11-22']);

    pipe(call({ id: 'other', user: null, result: missedAt(NOON + 11 * DAY) }), NOON + 11 * DAY);
    await driver.drain();

    const table = await totals();
    expect([...table.keys()].filter((key) => key.startsWith('user/'))).toEqual(['user/u-1/lifetime']);
    expect(table.get('user/u-1/lifetime')?.inbound.missed).toBe(1);
    expect(driver.records(TOPICS.table).some(({ key, value }) => key === 'user/u-1/2026-11-22' && value === null)).toBe(
      true,
    );
  });

  test('when an event comes for a day that is closed, then it counts in the lifetime and as late, in no day', async () => {
    const { driver, pipe, totals } = await inMemory({ keptDays: 10, partitions: 1 });
    pipe(call({ id: 'now', user: null, result: missedAt(NOON + 11 * DAY) }), NOON + 11 * DAY);
    pipe(call({ id: 'late' }), NOON + 11 * DAY);
    pipe(call({ id: 'just' }), NOON + 10 * DAY);
    pipe(call({ id: 'in-time', result: missedAt(NOON + DAY) }), NOON + 11 * DAY);
    await driver.drain();

    const table = await totals();
    expect(table.get('user/u-1/lifetime')).toMatchObject({ lateEvents: 2, inbound: { missed: 3 } });
    const keys = [...table.keys()].filter((key) => key.startsWith('user/'));
    expect(keys.sort()).toEqual(['user/u-1/2026-11-23', 'user/u-1/lifetime']);
    expect(table.get('user/u-1/2026-11-23')).toMatchObject({
      lateEvents: 0,
      inbound: { missed: 1, answerHistogram: [] },
    });
  });

  test('when voicemails wait to be read, then days they may still count in stay open', async () => {
    const { driver, pipe, totals } = await inMemory({ keptDays: 10, partitions: 1 });
    pipe(call({ id: 'old' }), NOON);
    pipe(call({ id: 'new', result: missedAt(NOON + 20 * DAY) }), NOON + 20 * DAY);
    pipe(voicemail(), NOON);
    pipe(voicemail({ id: 'v-2', timestamp: NOON + 20 * DAY }), NOON + 20 * DAY);
    await driver.crash();
    await driver.deliver(TOPICS.callLogs, 0, 2);
    await driver.commit(0);
    await driver.deliver(TOPICS.voicemails, 0, 1);
    await driver.commit(0);
    expect((await totals()).get('user/u-1/2026-11-22')).toMatchObject({ voicemails: 1, inbound: { missed: 1 } });

    await driver.drain();
    expect((await totals()).has('user/u-1/2026-11-22')).toBe(false);
  });
});

describe('The fingerprint', () => {
  test.each([
    ['time zone', { timeZone: 'Pacific/Auckland' }, 'timeZone=UTC (now Pacific/Auckland)'],
    ['horizon of dedupe', { dedupeDays: 7 }, 'dedupeDays=30 (now 7)'],
    ['horizon of days', { keptDays: 30 }, 'keptDays=400 (now 30)'],
  ])(
    'when the %s changes, then the start is refused, with what changed and the command that rebuilds',
    async (_name, change, said) => {
      const { driver, pipe, changeRules } = await inMemory();
      pipe(call(), NOON);
      await driver.drain();
      changeRules(change);

      const refusal = await driver.crash().then(
        () => null,
        (error: unknown) => error,
      );

      expect(refusal).toBeInstanceOf(RefusedError);
      expect(String(refusal)).toContain(said);
      expect(String(refusal)).toContain('npm run rebuild');
    },
  );

  test('when the number of partitions changes, then the start is refused, and names what copies the events instead of what rebuilds', async () => {
    const { driver, pipe, changeRules } = await inMemory();
    pipe(call(), NOON);
    await driver.drain();
    changeRules({ partitions: 24 });

    const refusal = String(await driver.crash().catch((error: unknown) => error));

    expect(refusal).toMatch(/partitions=\d+ \(now 24\)/);
    expect(refusal).toContain('npm run repartition');
    expect(refusal).not.toContain('npm run rebuild');
  });
});
