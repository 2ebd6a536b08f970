import { describe, expect, test } from '@jest/globals';
import { calendarOf, dateOfDay, dayOfDate } from '../../../services/call-metrics/domain/calendar.ts';

const dateIn = (timeZone: string, moment: string): string => dateOfDay(calendarOf(timeZone).dayOf(Date.parse(moment)));

describe('The day of a moment', () => {
  test.each([
    ['Pacific/Auckland', '2026-09-25T11:59:59.999Z', '2026-09-25'],
    ['Pacific/Auckland', '2026-09-25T12:00:00.000Z', '2026-09-26'],
    // Clocks go forward on 27 September at 02:00 (14:00Z on the 26th): that day has 23 hours.
    ['Pacific/Auckland', '2026-09-26T11:59:59.999Z', '2026-09-26'],
    ['Pacific/Auckland', '2026-09-26T12:00:00.000Z', '2026-09-27'],
    ['Pacific/Auckland', '2026-09-26T13:59:59.999Z', '2026-09-27'],
    ['Pacific/Auckland', '2026-09-26T14:00:00.000Z', '2026-09-27'],
    ['Pacific/Auckland', '2026-09-27T10:59:59.999Z', '2026-09-27'],
    ['Pacific/Auckland', '2026-09-27T11:00:00.000Z', '2026-09-28'],
    // Clocks go back on 5 April at 03:00 (14:00Z on the 4th): that day has 25 hours.
    ['Pacific/Auckland', '2026-04-04T10:59:59.999Z', '2026-04-04'],
    ['Pacific/Auckland', '2026-04-04T11:00:00.000Z', '2026-04-05'],
    ['Pacific/Auckland', '2026-04-05T11:59:59.999Z', '2026-04-05'],
    ['Pacific/Auckland', '2026-04-05T12:00:00.000Z', '2026-04-06'],
    // Forward on 8 March at 02:00 (07:00Z).
    ['America/New_York', '2026-03-08T04:59:59.999Z', '2026-03-07'],
    ['America/New_York', '2026-03-08T05:00:00.000Z', '2026-03-08'],
    ['America/New_York', '2026-03-09T03:59:59.999Z', '2026-03-08'],
    ['America/New_York', '2026-03-09T04:00:00.000Z', '2026-03-09'],
    // Back on 1 November at 02:00 (06:00Z).
    ['America/New_York', '2026-11-01T03:59:59.999Z', '2026-10-31'],
    ['America/New_York', '2026-11-01T04:00:00.000Z', '2026-11-01'],
    ['America/New_York', '2026-11-02T04:59:59.999Z', '2026-11-01'],
    ['America/New_York', '2026-11-02T05:00:00.000Z', '2026-11-02'],
    ['Asia/Kathmandu', '2026-01-01T18:14:59.999Z', '2026-01-01'],
    ['Asia/Kathmandu', '2026-01-01T18:15:00.000Z', '2026-01-02'],
    ['Africa/Monrovia', '1971-06-01T00:44:29.999Z', '1971-05-31'],
    ['UTC', '1969-12-31T23:59:59.999Z', '1969-12-31'],
    ['UTC', '2026-11-22T00:00:00.000Z', '2026-11-22'],
  ])('in %s at %s is %s', (timeZone, moment, date) => {
    expect(dateIn(timeZone, moment)).toBe(date);
  });

  test('is found for every moment a record may hold', () => {
    const { dayOf } = calendarOf('America/New_York');
    expect(dateOfDay(dayOf(2 ** 52 - 1))).toBe('+144683-05-23');
    expect(dateOfDay(dayOf(-(2 ** 52) + 1))).toMatch(/^-\d{6}-\d{2}-\d{2}$/);
  });

  test('is the same after very many other moments were asked for', () => {
    const { dayOf } = calendarOf('Pacific/Auckland');
    const moment = Date.parse('2026-09-26T12:00:00Z');
    const day = dayOf(moment);
    for (let quarter = 0; quarter < 10_000; quarter += 1) dayOf(quarter * 900_000);
    expect(dayOf(moment)).toBe(day);
  });

  test('is not found in a zone that is none', () => {
    expect(() => calendarOf('Mars/Olympus')).toThrow(RangeError);
  });
});

describe('The day of a date', () => {
  test.each([
    ['1970-01-01', 0],
    ['1970-01-02', 1],
    ['1969-12-31', -1],
    ['2026-11-22', 20_779],
    ['+144683-05-23', 52_125_001],
  ])('%s is day %i, and back', (date, day) => {
    const found = dayOfDate(date);
    if (date.startsWith('+')) expect(dateOfDay(found ?? 0)).toBe(date);
    else expect(found).toBe(day);
  });

  test.each(['2026-11-31', '2026-1-1', '2026-11-22T00:00', '', 'lifetime', '26-11-22', '2026-13-01'])(
    '%s is none',
    (date) => {
      expect(dayOfDate(date)).toBeNull();
    },
  );
});
