import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  advance,
  advanceIdle,
  dedupeTimeMs,
  IDLE_LAG_MS,
  type LogClock,
  UNSET_CLOCK,
} from '../../../../services/call-metrics/domain/log-clock.ts';
import { isLogTime } from '../../../../services/call-metrics/domain/plausible.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T = Date.UTC(2026, 10, 22, 12);
const at = (timeMs: number | null, aheadSinceMs: number | null = null): LogClock => ({ timeMs, aheadSinceMs });
/** The clock after records with these log times and unknown event times. */
const clockAfter = (recordsMs: readonly (number | null)[], from = UNSET_CLOCK): LogClock =>
  recordsMs.reduce((clock, recordMs) => advance(clock, recordMs, null), from);

describe('The clock of a log', () => {
  test('when records arrive, then it follows them by up to a day, and never goes back', () => {
    expect(clockAfter([T + DAY], at(T))).toEqual(at(T + DAY));
    expect(clockAfter([T + 5, T + 3, T - 900 * DAY], at(T))).toEqual(at(T + 5));
  });

  test('when a record is further ahead, then it waits, and follows the next records near it', () => {
    expect(clockAfter([T + DAY + 1], at(T))).toEqual(at(T, T + DAY + 1));
    expect(clockAfter([T + 40 * DAY, T + 1], at(T))).toEqual(at(T + 1));
    expect(clockAfter([T + 40 * DAY, T - 1], at(T))).toEqual(at(T));
  });

  test.each([
    ['of the same time', 0, true],
    ['48 h older', -2 * DAY, true],
    ['48 h newer', 2 * DAY, true],
    ['more than 48 h older', -2 * DAY - 1, false],
    ['more than 48 h newer', 2 * DAY + 1, false],
  ])('when the event of a record far ahead is %s, then that confirms the record, or not', (_name, ageMs, follows) => {
    const record = T + 40 * DAY;
    for (const clock of [at(T), at(T, record - DAY + 1), UNSET_CLOCK]) {
      const next = advance(clock, record, record + ageMs);
      expect(next).toEqual(follows ? at(record) : at(clock.timeMs, clock.aheadSinceMs ?? record));
    }
  });

  test('when the log stays ahead for a day, then it moves to where that day began', () => {
    const far = T + 40 * DAY;
    expect(clockAfter([far, far + DAY - 1], at(T))).toEqual(at(T, far));
    expect(clockAfter([far, far + DAY], at(T))).toEqual(at(far, far + DAY));
    expect(clockAfter([far, far + DAY, far + DAY], at(T))).toEqual(at(far + DAY));
    expect(clockAfter([far, far - 1, far + DAY - 1], at(T))).toEqual(at(far - 1, far + DAY - 1));
  });

  test('when the log was ahead and went back in between, then the day starts over', () => {
    const far = T + 40 * DAY;
    expect(clockAfter([far, T, far + DAY], at(T))).toEqual(at(T, far + DAY));
  });

  test('when it is not set, then an unconfirmed record does not set it', () => {
    expect(clockAfter([T])).toEqual(at(null, T));
    expect(clockAfter([T, T + DAY, T + DAY])).toEqual(at(T + DAY));
    expect(advance(clockAfter([Date.UTC(2090, 0, 1)]), T, T)).toEqual(at(T));
  });

  test('when a record has no time, then nothing moves', () => {
    for (const clock of [UNSET_CLOCK, at(T), at(T, T + 9 * DAY)]) expect(advance(clock, null, T)).toBe(clock);
  });

  test('never goes back, and never passes the latest record, whatever arrives', () => {
    const record = fc.tuple(fc.integer({ min: 0, max: 200 }), fc.option(fc.integer({ min: 0, max: 200 })));
    fc.assert(
      fc.property(fc.array(record), (given) => {
        let clock = UNSET_CLOCK;
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

describe('The clock of an input that was read to its end', () => {
  test('when the others advance, then it follows them an hour behind, and forgets what it waited for', () => {
    expect(advanceIdle(at(T), T + 9 * DAY)).toEqual(at(T + 9 * DAY - IDLE_LAG_MS));
    expect(advanceIdle(at(T, T + 9 * DAY), T + 2 * DAY)).toEqual(at(T + 2 * DAY - IDLE_LAG_MS));
    expect(advanceIdle(UNSET_CLOCK, T)).toEqual(at(T - IDLE_LAG_MS));
    expect(IDLE_LAG_MS).toBe(HOUR);
  });

  test('when the others are not ahead by more, or are not set, then it does not move', () => {
    const clock = at(T, T + 9 * DAY);
    for (const othersMs of [null, T - DAY, T, T + IDLE_LAG_MS]) expect(advanceIdle(clock, othersMs)).toBe(clock);
    expect(advanceIdle(at(T), T + IDLE_LAG_MS + 1)).toEqual(at(T + 1));
    expect(advanceIdle(UNSET_CLOCK, null)).toBe(UNSET_CLOCK);
  });
});

test('Ids expire by the clock; until it is set, by the earliest record, and by 0 if no record has a time', () => {
  expect([at(T, T + 9 * DAY), at(null, T + 5), UNSET_CLOCK].map(dedupeTimeMs)).toEqual([T, T + 5, 0]);
});

test('A log time is one from 2000 on that a field can hold: not -1, which Kafka reports for none', () => {
  const first = Date.UTC(2000, 0, 1);
  expect([first, T, 2 ** 52 - 1].map(isLogTime)).toEqual([true, true, true]);
  expect([-1, 0, first - 1, 2 ** 52, -(2 ** 62), Number.NaN].map(isLogTime)).toEqual(new Array(6).fill(false));
});
