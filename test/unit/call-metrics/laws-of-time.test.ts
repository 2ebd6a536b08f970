import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TestDriver } from '../../../services/shared/projection/test-driver.ts';
import type { TestEvent } from '../../support/produce-events.ts';
import { call, voicemail } from './events.ts';
import { inMemory, TOPICS } from './projection-in-memory.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BEGIN = Date.UTC(2024, 10, 22);
const KEPT_DAYS = 60;
const runs = { numRuns: 40 };

/** What comes to the log, each so many hours after the one before. Repeats come within the horizon of dedupe. */
const arrival = fc.record({
  input: fc.constantFrom('callLog' as const, 'voicemail' as const),
  afterHours: fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 20 }), fc.constantFrom(24 * 9, 24 * 50, 24 * 150)),
  ageHours: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 40 }), fc.nat({ max: 24 * 100 })),
  odd: fc.constantFrom('no', 'no', 'no', 'no', '2090', 'microseconds'),
  repeated: fc.constantFrom(false, false, false, true),
});
type Arrival = Readonly<{ event: TestEvent; atMs: number; logMs: number; day: number | null }>;

/** The log of these arrivals; at its end both inputs say that time has passed. */
const logOf = (given: readonly (typeof arrival extends fc.Arbitrary<infer Given> ? Given : never)[]) => {
  const log: Arrival[] = [];
  let logMs = BEGIN;
  const append = (input: 'callLog' | 'voicemail', atMs: number, isOdd: boolean, far: boolean): void => {
    const id = `e-${log.length}`;
    const start = far ? Date.UTC(2090, 0, 1) : atMs;
    const length = isOdd && !far ? 25 * HOUR : 60_000;
    const result = { type: 'answered' as const, startTimestamp: start, answerTimestamp: start };
    const event =
      input === 'callLog'
        ? call({ id, result: { ...result, hangupTimestamp: start + length } })
        : voicemail({ id, timestamp: start, duration: length });
    log.push({ event, atMs, logMs, day: isOdd ? null : Math.floor(atMs / DAY) });
  };
  for (const { input, afterHours, ageHours, odd, repeated } of given) {
    logMs += afterHours * HOUR;
    const last = log.at(-1);
    const first = log.find(({ event }) => event === last?.event);
    if (repeated && first !== undefined && logMs - first.logMs < 25 * DAY) log.push({ ...first, logMs });
    else append(input, logMs - ageHours * HOUR, odd !== 'no', odd === '2090');
  }
  logMs += 200 * DAY;
  for (const input of ['callLog', 'voicemail'] as const) append(input, logMs, false, false);
  return log;
};
const logs = fc.array(arrival, { maxLength: 40 }).map(logOf);
const step = fc.oneof(
  fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({
    do: fc.constant('deliver' as const),
    topic: fc.constantFrom(TOPICS.callLogs, TOPICS.voicemails),
    count: fc.integer({ min: 1, max: 8 }),
  }),
  fc.record({
    do: fc.constant('commit' as const),
    outcome: fc.constantFrom(
      'committed' as const,
      'committed' as const,
      'failed' as const,
      'unknown-committed' as const,
    ),
  }),
  fc.record({ do: fc.constantFrom('look' as const, 'crash' as const) }),
);

const projection = () => inMemory({ partitions: 1, keptDays: KEPT_DAYS, dedupeDays: 30 });
const hex = (driver: TestDriver): ReadonlyMap<string, string> =>
  new Map([...driver.table(TOPICS.table)].map(([key, value]) => [key, value.toString('hex')]));

describe('The laws of time', () => {
  test('however the inputs grow and are read, are looked at, lost and restored: the bytes are those of one reading', async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.array(step, { maxLength: 60 }), async (log, steps) => {
        const whole = await projection();
        for (const { event, logMs } of log) whole.pipe(event, logMs);
        await whole.driver.crash();
        await whole.driver.drain();

        const { driver, pipe } = await projection();
        let appended = 0;
        const append = (count: number): void => {
          for (const { event, logMs } of log.slice(appended, appended + count)) pipe(event, logMs);
          appended += count;
        };
        for (const one of steps) {
          if (one.do === 'append') append(one.count);
          else if (one.do === 'deliver') await driver.deliver(one.topic, 0, one.count);
          else if (one.do === 'commit') await driver.commit(0, one.outcome);
          else if (one.do === 'look') driver.look(0);
          else await driver.crash();
        }
        append(log.length);
        await driver.drain();
        expect(hex(driver)).toEqual(hex(whole.driver));
      }),
      runs,
    );
  });

  test('an event counts in its day, as late, or flagged: and in exactly one of them', async () => {
    await fc.assert(
      fc.asyncProperty(logs, async (log) => {
        const { driver, pipe, totals } = await projection();
        for (const { event, logMs } of log) {
          pipe(event, logMs);
          await driver.drain();
        }
        const first = [...new Map(log.toReversed().map((one) => [one.event, one])).values()];
        const closedFrom = (logMs: number): number => Math.floor(logMs / DAY) - KEPT_DAYS;
        const end = closedFrom(log.at(-1)?.logMs ?? 0);
        const inTime = first.filter(({ day, logMs }) => day !== null && day >= closedFrom(logMs));
        const days = new Map<string, number>();
        for (const { day } of inTime) {
          if (day === null || day < end) continue;
          const key = `user/u-1/${new Date(day * DAY).toISOString().slice(0, 10)}`;
          days.set(key, (days.get(key) ?? 0) + 1);
        }

        const table = await totals();
        const lifetime = table.get('user/u-1/lifetime');
        const odd = first.filter(({ day }) => day === null).length;
        expect(lifetime).toMatchObject({ lateEvents: first.length - odd - inTime.length });
        expect((lifetime?.inbound.answered ?? 0) + (lifetime?.voicemails ?? 0)).toBe(first.length);
        expect((lifetime?.inbound.implausibleAnswered ?? 0) + (lifetime?.implausibleVoicemails ?? 0)).toBe(odd);
        table.delete('user/u-1/lifetime');
        const counted = [...table].map(([key, row]) => [key, row.inbound.answered + row.voicemails] as const);
        expect(new Map(counted)).toEqual(days);
      }),
      runs,
    );
  });
});
