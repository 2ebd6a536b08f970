import { describe, expect, test } from '@jest/globals';
import { call, voicemail } from './events.ts';
import { inMemory, TOPICS } from './projection-in-memory.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2025, 0, 1, 12);
const KEPT_DAYS = 10;

const oneEachDay = (days: number, from = 0) =>
  Array.from({ length: days }, (_, index) => {
    const atMs = NOON + (from + index) * DAY;
    return { atMs, event: call({ id: `c-${from + index}`, result: { type: 'missed', startTimestamp: atMs } }) };
  });
const voicemailAt = (id: string, timestamp: number) => voicemail({ id, timestamp });

/** A projection of one partition, with what tells its day rows and the log of its seen ids. */
async function given(rules: Readonly<{ dedupeDays?: number }> = {}) {
  const projection = await inMemory({ keptDays: KEPT_DAYS, partitions: 1, ...rules });
  const days = async () => [...(await projection.totals()).keys()].filter((key) => !key.endsWith('/lifetime')).sort();
  return { ...projection, days };
}
const keyOf = (day: number) => `user/u-1/${new Date(NOON + day * DAY).toISOString().slice(0, 10)}`;

describe('When one input brings nothing more', () => {
  test.each([
    ['never brought anything', []],
    ['brought something at first', [voicemailAt('v-1', NOON)]],
  ])('and %s, then days and ids age by the other', async (_name, voicemails) => {
    const { driver, pipe, days, takeExpiredSeen, view } = await given({ dedupeDays: 5 });
    for (const event of voicemails) pipe(event, NOON);
    for (const { event, atMs } of oneEachDay(800)) {
      pipe(event, atMs);
      await driver.drain();
    }

    expect(await days()).toEqual(Array.from({ length: KEPT_DAYS + 1 }, (_, index) => keyOf(789 + index)));
    const expired = takeExpiredSeen(0) ?? 0;
    expect(driver.records(TOPICS.seen).filter(({ offset }) => offset >= expired)).toHaveLength(6);
    expect(view().committed.size().seenIds).toBe(6);
  });

  test('and the log of both is read anew, then the day rows are the same', async () => {
    const live = await given();
    const rebuilt = await given();
    const events = [{ atMs: NOON, event: voicemailAt('v-1', NOON) }, ...oneEachDay(40)];
    for (const { event, atMs } of events) {
      live.pipe(event, atMs);
      await live.driver.drain();
      rebuilt.pipe(event, atMs);
    }
    await rebuilt.driver.crash();
    await rebuilt.driver.drain();

    expect(await live.days()).toHaveLength(KEPT_DAYS + 1);
    expect(await rebuilt.totals()).toEqual(await live.totals());
  });

  test('but records of it wait to be read, then it holds back the days they may be of, also after a restart', async () => {
    const { driver, pipe, totals, days } = await given();
    pipe(voicemailAt('v-1', NOON), NOON);
    for (const { event, atMs } of oneEachDay(100)) pipe(event, atMs);
    pipe(voicemailAt('v-2', NOON + DAY), NOON + DAY);
    await driver.crash();
    await driver.deliver(TOPICS.callLogs, 0, 100);
    await driver.deliver(TOPICS.voicemails, 0, 1);
    await driver.commit(0);
    expect(await days()).toHaveLength(100);
    await driver.crash();

    await driver.deliver(TOPICS.voicemails, 0, 1);
    driver.look(0);
    await driver.commit(0);

    expect(await days()).toHaveLength(KEPT_DAYS + 1);
    expect((await totals()).get('user/u-1/lifetime')).toMatchObject({ voicemails: 2, lateEvents: 0 });
  });

  test('and then a record of it comes with an older time than it was moved on to, then its closed day counts as late', async () => {
    const { driver, pipe, totals, days } = await given();
    for (const { event, atMs } of oneEachDay(40)) pipe(event, atMs);
    await driver.drain();
    const before = await days();
    await driver.crash();

    pipe(voicemailAt('v-1', NOON), NOON);
    await driver.drain();

    expect(await days()).toEqual(before);
    expect((await totals()).get('user/u-1/lifetime')).toMatchObject({ voicemails: 1, lateEvents: 1 });
  });

  test('and the end of it was not looked at since, then the other’s later records do not move it', async () => {
    const { driver, pipe, days } = await given();
    for (const { event, atMs } of oneEachDay(1)) pipe(event, atMs);
    await driver.drain();
    for (const { event, atMs } of oneEachDay(40, 1)) pipe(event, atMs);
    await driver.deliver(TOPICS.callLogs, 0, 40);
    await driver.commit(0);
    expect(await days()).toHaveLength(41);

    driver.look(0);
    await driver.commit(0);

    expect(await days()).toHaveLength(KEPT_DAYS + 1);
  });

  test('and neither does the other, then nothing is committed for it', async () => {
    const { driver, pipe } = await given();
    for (const { event, atMs } of oneEachDay(40)) pipe(event, atMs);
    await driver.drain();
    const transactions = driver.transactions();

    for (let times = 0; times < 3; times += 1) await driver.drain();

    expect(driver.transactions()).toBe(transactions);
  });
});
