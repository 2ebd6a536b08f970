import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  advance,
  carryAlong,
  dedupeTimeMs,
  IDLE_MS,
  type LogClock,
  STOPPED_CLOCK,
} from '../../../services/call-metrics/domain/log-clock.ts';
import { isLogTime } from '../../../services/call-metrics/domain/plausible.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T = Date.UTC(2026, 10, 22, 12);
const at = (timeMs: number | null, aheadSinceMs: number | null = null): LogClock => ({ timeMs, aheadSinceMs });
/** The clock after records of these log times, the events' own times unknown. */
const clockAfter = (recordsMs: readonly (number | null)[], from = STOPPED_CLOCK): LogClock =>
  recordsMs.reduce((clock, recordMs) => advance(clock, recordMs, null), from);

describe('The clock of a log', () => {
  test('when records come, then it follows them by up to a day, and never goes back', () => {
    expect(clockAfter([T + DAY], at(T))).toEqual(at(T + DAY));
    expect(clockAfter([T + 5, T + 3, T - 900 * DAY], at(T))).toEqual(at(T + 5));
  });

  test('when a record is further ahead, then it waits, and follows those that come next where it is', () => {
    expect(clockAfter([T + DAY + 1], at(T))).toEqual(at(T, T + DAY + 1));
    expect(clockAfter([T + 40 * DAY, T + 1], at(T))).toEqual(at(T + 1));
    expect(clockAfter([T + 40 * DAY, T - 1], at(T))).toEqual(at(T));
  });

  test.each([
    ['as old', 0, true],
    ['48 h older', -2 * DAY, true],
    ['48 h younger', 2 * DAY, true],
    ['more than 48 h older', -2 * DAY - 1, false],
    ['more than 48 h younger', 2 * DAY + 1, false],
  ])('when the event of a record far ahead is %s, then that bears it out, or not', (_name, ageMs, follows) => {
    const record = T + 40 * DAY;
    for (const clock of [at(T), at(T, record - DAY + 1), STOPPED_CLOCK]) {
      const next = advance(clock, record, record + ageMs);
      expect(next).toEqual(follows ? at(record) : at(clock.timeMs, clock.aheadSinceMs ?? record));
    }
  });

  test('when the log stays ahead for a day, then it follows to where that began', () => {
    const far = T + 40 * DAY;
    expect(clockAfter([far, far + DAY - 1], at(T))).toEqual(at(T, far));
    expect(clockAfter([far, far + DAY], at(T))).toEqual(at(far, far + DAY));
    expect(clockAfter([far, far + DAY, far + DAY], at(T))).toEqual(at(far + DAY));
    expect(clockAfter([far, far - 1, far + DAY - 1], at(T))).toEqual(at(far - 1, far + DAY - 1));
  });

  test('when the log was ahead, and was back in between, then the day begins anew', () => {
    const far = T + 40 * DAY;
    expect(clockAfter([far, T, far + DAY], at(T))).toEqual(at(T, far + DAY));
  });

  test('when it has not begun, then a record that nothing bears out does not set it', () => {
    expect(clockAfter([T])).toEqual(at(null, T));
    expect(clockAfter([T, T + DAY, T + DAY])).toEqual(at(T + DAY));
    expect(advance(clockAfter([Date.UTC(2090, 0, 1)]), T, T)).toEqual(at(T));
  });

  test('when a record has no time, then nothing moves', () => {
    for (const clock of [STOPPED_CLOCK, at(T), at(T, T + 9 * DAY)]) expect(advance(clock, null, T)).toBe(clock);
  });

  test('never goes back, and never over the latest record, whatever comes', () => {
    const record = fc.tuple(fc.integer({ min: 0, max: 200 }), fc.option(fc.integer({ min: 0, max: 200 })));
    fc.assert(
      fc.property(fc.array(record), (given) => {
        let clock = STOPPED_CLOCK;
        let latest = -Infinity;
        for (const [hours, own] of given) {
          const before = clock.timeMs;
          clock = advance(clock, T + hours * 6 * HOUR, own === null ? null : T + own * 6 * HOUR);
          latest = Math.max(latest, T + hours * 6 * HOUR);
          expect(clock.timeMs ?? -Infinity).toBeGreaterThanOrEqual(before ?? -Infinity);
          expect(clock.timeMs ?? -Infinity).toBeLessThanOrEqual(latest);
          expect(clock.aheadSinceMs ?? Infinity).toBeGreaterThan(clock.timeMs ?? -Infinity);
        }
      }),
    );
  });
});

describe('An input that was read to its end', () => {
  test('when the others go on, then it follows them an hour behind, and forgets what it waited for', () => {
    expect(carryAlong(at(T), T + 9 * DAY)).toEqual(at(T + 9 * DAY - IDLE_MS));
    expect(carryAlong(at(T, T + 9 * DAY), T + 2 * DAY)).toEqual(at(T + 2 * DAY - IDLE_MS));
    expect(carryAlong(STOPPED_CLOCK, T)).toEqual(at(T - IDLE_MS));
    expect(IDLE_MS).toBe(HOUR);
  });

  test('when the others are not ahead by more, or have no time, then it stays as it is', () => {
    const clock = at(T, T + 9 * DAY);
    for (const othersMs of [null, T - DAY, T, T + IDLE_MS]) expect(carryAlong(clock, othersMs)).toBe(clock);
    expect(carryAlong(at(T), T + IDLE_MS + 1)).toEqual(at(T + 1));
    expect(carryAlong(STOPPED_CLOCK, null)).toBe(STOPPED_CLOCK);
  });
});

test('Ids are forgotten by the clock; before it goes by the earliest record, and by 0 where none has a time', () => {
  expect([at(T, T + 9 * DAY), at(null, T + 5), STOPPED_CLOCK].map(dedupeTimeMs)).toEqual([T, T + 5, 0]);
});

test('A log time is one from 2000 on that a field can hold: not -1, which is Kafka’s word for none', () => {
  const first = Date.UTC(2000, 0, 1);
  expect([first, T, 2 ** 52 - 1].map(isLogTime)).toEqual([true, true, true]);
  expect([-1, 0, first - 1, 2 ** 52, -(2 ** 62), Number.NaN].map(isLogTime)).toEqual(new Array(6).fill(false));
});
