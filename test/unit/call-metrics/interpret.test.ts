import { describe, expect, test } from '@jest/globals';
import { answerOf, lastEventMs } from '../../../services/call-metrics/domain/answer.ts';
import { calendarOf } from '../../../services/call-metrics/domain/calendar.ts';
import { evolve } from '../../../services/call-metrics/domain/evolve.ts';
import { interpretCall, interpretVoicemail } from '../../../services/call-metrics/domain/interpret.ts';
import { initialState, snapshot } from '../../../services/call-metrics/domain/totals.ts';
import { firstOpenDay, firstOpenDayOfAll } from '../../../services/call-metrics/domain/windows.ts';
import { callLogRecord, voicemailRecord } from '../../../services/shared/call-events/to-record.ts';
import { call, voicemail } from './events.ts';

const MAX = 2 ** 52 - 1;
const HOUR = 3_600_000;
const YEAR_2000 = Date.UTC(2000, 0, 1);
/** When the records of these tests came to the log. */
const LOG_TIME = Date.UTC(2026, 10, 22, 13);
const place = { timestamp: LOG_TIME, partition: 7, offset: 3 };
const interpreted = (given: Parameters<typeof call>[0] = {}) => interpretCall(callLogRecord(call(given)), place);
/** An answered call; its times are told from 12:00:00.000 of its day on, in milliseconds. */
const NOON = LOG_TIME - HOUR;
const times = (start: number, answer: number, hangup: number) => ({
  result: {
    type: 'answered' as const,
    startTimestamp: NOON + start,
    answerTimestamp: NOON + answer,
    hangupTimestamp: NOON + hangup,
  },
});

describe('A call', () => {
  test('that was missed has no durations', () => {
    expect(interpreted()).toEqual({
      event: 'callLog',
      subject: { type: 'user', id: 'u-1' },
      userEmail: 'u-1@example.com',
      atMs: Date.UTC(2026, 10, 22, 12),
      place,
      direction: 'inbound',
      result: { type: 'missed' },
      conference: false,
    });
  });

  test.each([
    ['forwards', times(1, 3, 7), { answerMs: 2, talkMs: 4 }],
    ['not at all', times(5, 5, 5), { answerMs: 0, talkMs: 0 }],
    ['backwards before the answer', times(5, 4, 9), null],
    ['backwards after the answer', times(5, 6, 5), null],
  ])('whose clock runs %s has its durations, or none', (_name, given, durations) => {
    expect(interpreted(given)).toMatchObject({
      atMs: given.result.startTimestamp,
      result: { type: 'answered', durations },
    });
  });

  test('of an unknown result is at its start, or without one at the time of its record', () => {
    const future = (startTimestamp?: number) => ({
      result: { type: 'parked', ...(startTimestamp === undefined ? {} : { startTimestamp }) },
    });
    expect(interpreted(future(NOON + 9))).toMatchObject({ atMs: NOON + 9, result: { type: 'other' } });
    expect(interpreted(future())).toMatchObject({ atMs: LOG_TIME, result: { type: 'other' } });
  });

  test('goes in its direction; in an unknown one it goes the other way', () => {
    expect(interpreted({ direction: 'outbound' })).toMatchObject({ direction: 'outbound' });
    expect(interpreted({ direction: 'internal' })).toMatchObject({ direction: 'otherDirection' });
  });

  test('is a conference with more than one other party', () => {
    const unknown = { type: 'unknown' as const };
    expect(interpreted({ otherParties: [unknown, unknown] })).toMatchObject({ conference: true });
    expect(interpreted({ otherParties: [] })).toMatchObject({ conference: false });
  });

  test('without a user belongs to its number, without either to nobody in its partition', () => {
    expect(interpreted({ user: null })).toMatchObject({
      subject: { type: 'number', id: '+6495550100' },
      userEmail: null,
    });
    expect(interpreted({ user: null, phoneNumberE164: null })).toMatchObject({
      subject: { type: 'unassigned', id: '7' },
      userEmail: null,
    });
  });

  test('at a time that no record may hold is impossible', () => {
    const record = callLogRecord(call());
    const at = (startTimestamp: number) => ({
      ...record,
      result: { 'vxt.events.MissedCall': { startTimestamp, extraJson: null } },
    });
    expect(interpretCall(at(MAX), place)).toMatchObject({ atMs: null });
    expect(interpretCall(at(-MAX), place)).toMatchObject({ atMs: null });
    expect(interpretCall(at(MAX + 1), place)).toBe('impossible-time');
    expect(interpretCall(at(-MAX - 1), place)).toBe('impossible-time');
    expect(interpretCall(at(1.5), place)).toBe('impossible-time');
  });
});

describe('A voicemail', () => {
  const record = voicemailRecord(voicemail());

  test('has its time, duration and whether it was transcribed', () => {
    expect(interpretVoicemail(record, place)).toEqual({
      event: 'voicemail',
      subject: { type: 'user', id: 'u-1' },
      userEmail: 'u-1@example.com',
      atMs: Date.UTC(2026, 10, 22, 12),
      place,
      durationMs: 10_000,
      transcribed: false,
    });
    expect(interpretVoicemail({ ...record, transcription: { string: '' } }, place)).toMatchObject({
      transcribed: true,
    });
  });

  test.each([{ duration: -MAX - 1 }, { duration: MAX + 1 }, { timestamp: MAX + 1 }])(
    'with %j is impossible',
    (given) => {
      expect(interpretVoicemail({ ...record, ...given }, place)).toBe('impossible-time');
    },
  );

  test('may last no time', () => {
    expect(interpretVoicemail({ ...record, duration: 0 }, place)).toMatchObject({ durationMs: 0 });
  });
});

describe('What cannot be', () => {
  const callAt = (startTimestamp: number) => interpreted({ result: { type: 'missed', startTimestamp } });
  const voicemailOf = (given: Readonly<{ timestamp?: number; duration?: number }>) =>
    interpretVoicemail({ ...voicemailRecord(voicemail()), ...given }, place);

  test.each([
    ['before 2000', YEAR_2000 - 1, null],
    ['at the beginning of 2000', YEAR_2000, YEAR_2000],
    ['48 h after its log time', LOG_TIME + 48 * HOUR, LOG_TIME + 48 * HOUR],
    ['more than 48 h after its log time', LOG_TIME + 48 * HOUR + 1, null],
  ])('an event %s has a time, or none', (_name, given, atMs) => {
    expect(callAt(given)).toMatchObject({ atMs, result: { type: 'missed' } });
    expect(voicemailOf({ timestamp: given })).toMatchObject({ atMs, durationMs: atMs === null ? null : 10_000 });
  });

  test.each([
    ['a speed of answer', times(0, 24 * HOUR, 24 * HOUR), times(0, 24 * HOUR + 1, 24 * HOUR + 1)],
    ['a talk time', times(0, 0, 24 * HOUR), times(0, 0, 24 * HOUR + 1)],
  ])('%s of 24 h can be; a longer one is in no sum, and its call has no time', (_name, longest, longer) => {
    expect(interpreted(longest)).toMatchObject({ atMs: NOON, result: { durations: expect.anything() } });
    expect(interpreted(longer)).toMatchObject({ atMs: null, result: { type: 'answered', durations: null } });
  });

  test('a hang-up in microseconds is in no sum', () => {
    const inMicroseconds = { ...times(0, 1_000, 0).result, hangupTimestamp: NOON * 1_000 };
    expect(interpreted({ result: inMicroseconds })).toMatchObject({ atMs: null, result: { durations: null } });
  });

  test('a voicemail of 24 h can be; a longer one, or one below 0, has neither time nor duration', () => {
    expect(voicemailOf({ duration: 24 * HOUR })).toMatchObject({ atMs: NOON, durationMs: 24 * HOUR });
    for (const duration of [24 * HOUR + 1, MAX, -1])
      expect(voicemailOf({ duration })).toMatchObject({ atMs: null, durationMs: null });
  });

  test('clock skew at a time that cannot be is not clock skew', () => {
    const skewed = { ...times(5, 4, 9).result, startTimestamp: Date.UTC(2090, 0, 1) };
    expect(interpreted({ result: skewed })).toMatchObject({ atMs: null, result: { durations: null } });
  });
});

describe('The days that are open', () => {
  const utc = calendarOf('UTC');
  const day = (number: number) => number * 86_400_000;

  test('begin so many days before that of the log time', () => {
    expect(firstOpenDay(utc, day(100) + 5, 10)).toBe(90);
  });

  test.each([
    ['of the input that is furthest behind', [day(100), day(50)], 40],
    ['in any order', [day(50), day(100)], 40],
    ['are all while the time of an input is not known', [day(100), null], null],
    ['in any order too', [null, day(100)], null],
    ['are all before the first record', [null, null], null],
    ['are all without an input', [], null],
  ])('are those %s', (_name, inputs, first) => {
    expect(firstOpenDayOfAll(utc, inputs, 10)).toBe(first);
  });
});

describe('The answer of the query API', () => {
  test('sums over directions, in seconds', () => {
    const events = [
      interpreted({ id: '1', ...times(1_000, 2_500, 4_000) }),
      interpreted({ id: '2', direction: 'outbound', ...times(2_000, 2_250, 3_000) }),
      interpreted({ id: '3', direction: 'internal', ...times(9_000, 9_001, 9_003) }),
      interpreted({ id: '4', direction: 'outbound', ...times(5, 4, 9) }),
      interpreted({ id: '5', result: { type: 'missed', startTimestamp: NOON + 3_000 } }),
      interpreted({ id: '6', direction: 'outbound', result: { type: 'missed', startTimestamp: NOON + 3_000 } }),
      interpretVoicemail(
        voicemailRecord(voicemail({ timestamp: NOON + 8_000, duration: 1_250, transcription: 'x' })),
        place,
      ),
    ];
    const totals = events.reduce(
      (before, event) => (typeof event === 'string' ? before : evolve(before, event)),
      initialState({ kind: 'lifetime' }),
    );
    const record = snapshot(totals, { type: 'user', id: 'u-1' }, { kind: 'lifetime' }, 'UTC');
    expect(record && answerOf(record)).toEqual({
      inboundAnswered: 1,
      inboundMissed: 1,
      outboundAnswered: 2,
      outboundUnanswered: 1,
      conferenceCalls: 0,
      answerSeconds: 1.751,
      talkSeconds: 2.252,
      clockSkewed: 1,
      voicemails: 1,
      voicemailSeconds: 1.25,
      voicemailsTranscribed: 1,
      lastEventAt: '2026-11-22T12:00:09.000Z',
    });
    const at = (lastCallAt: number | null, lastVoicemailAt: number | null) =>
      record &&
      lastEventMs({
        ...record,
        lastCallAt: lastCallAt === null ? null : { long: lastCallAt },
        lastVoicemailAt: lastVoicemailAt === null ? null : { long: lastVoicemailAt },
      });
    expect([at(1, 2), at(2, 1), at(null, 3), at(4, null), at(null, null)]).toEqual([2, 2, 3, 4, null]);
    expect(record && answerOf({ ...record, lastCallAt: null, lastVoicemailAt: null }).lastEventAt).toBeNull();
  });
});
