import { describe, expect, test } from '@jest/globals';
import type { CallEvent, CountedEvent, VoicemailEvent } from '../../../services/call-metrics/domain/counted-event.ts';
import { countLate, evolve } from '../../../services/call-metrics/domain/evolve.ts';
import { fromSnapshot, initialState, snapshot, type Totals } from '../../../services/call-metrics/domain/totals.ts';

const MAX = 2 ** 52 - 1;
const place = { timestamp: 1_000, partition: 1, offset: 10 };
const common = { subject: { type: 'user', id: 'u-1' }, userEmail: 'a@example.com', atMs: 500, place } as const;
const call = (given: Partial<CallEvent> = {}): CallEvent => ({
  ...common,
  event: 'callLog',
  direction: 'inbound',
  result: { type: 'missed' },
  conference: false,
  ...given,
});
const voicemail = (given: Partial<VoicemailEvent> = {}): VoicemailEvent => ({
  ...common,
  event: 'voicemail',
  durationMs: 10_000,
  transcribed: false,
  ...given,
});
const answered = (answerMs: number, talkMs: number) => ({ type: 'answered', durations: { answerMs, talkMs } }) as const;

const lifetime = initialState({ kind: 'lifetime' });
const totalsAfter = (events: readonly CountedEvent[], from: Totals = lifetime): Totals => events.reduce(evolve, from);
const nothing = {
  ...{ answered: 0, missed: 0, other: 0, answerMs: 0, talkMs: 0, clockSkewed: 0 },
  ...{ implausibleAnswered: 0, implausibleMissed: 0, implausibleOther: 0 },
};

describe('Given nothing, when', () => {
  test('nothing comes, then there is nothing to say', () => {
    expect(snapshot(lifetime, common.subject, { kind: 'lifetime' }, 'UTC')).toBeNull();
    expect(lifetime).toEqual({
      userEmail: null,
      inbound: { ...nothing, answerHistogram: new Array(14).fill(0), talkHistogram: new Array(13).fill(0) },
      outbound: { ...nothing, answerHistogram: new Array(14).fill(0), talkHistogram: new Array(13).fill(0) },
      otherDirection: { ...nothing, answerHistogram: new Array(14).fill(0), talkHistogram: new Array(13).fill(0) },
      conferenceCalls: 0,
      voicemails: 0,
      voicemailMs: 0,
      voicemailsTranscribed: 0,
      implausibleVoicemails: 0,
      lateEvents: 0,
      lastCallAt: null,
      lastVoicemailAt: null,
      firstSeen: null,
    });
  });

  test('a missed call comes, then it counts as missed in its direction alone', () => {
    for (const direction of ['inbound', 'outbound', 'otherDirection'] as const) {
      const totals = totalsAfter([call({ direction })]);
      expect(totals[direction]).toEqual({ ...lifetime[direction], missed: 1 });
      for (const other of ['inbound', 'outbound', 'otherDirection'] as const)
        if (other !== direction) expect(totals[other]).toEqual(lifetime[other]);
      expect(totals).toMatchObject({ lastCallAt: { long: 500 }, lastVoicemailAt: null, voicemails: 0, lateEvents: 0 });
    }
  });

  test('a call of an unknown result comes, then it counts as other', () => {
    expect(totalsAfter([call({ result: { type: 'other' } })]).inbound).toEqual({ ...lifetime.inbound, other: 1 });
  });

  test('answered calls come, then durations are summed and counted in their buckets', () => {
    const { inbound } = totalsAfter([
      call({ result: answered(1_000, 10_000) }),
      call({ result: answered(1_001, 10_001) }),
      call({ result: answered(500_000, 4_000_000) }),
    ]);
    expect(inbound).toMatchObject({ ...nothing, answered: 3, answerMs: 502_001, talkMs: 4_020_001 });
    expect(inbound.answerHistogram).toEqual([1, 1, ...new Array(11).fill(0), 1]);
    expect(inbound.talkHistogram).toEqual([1, 1, ...new Array(10).fill(0), 1]);
  });

  test('a call whose clock runs backwards comes, then it is answered and flagged, and in no sum', () => {
    const skewed = call({ result: { type: 'answered', durations: null } });
    expect(totalsAfter([skewed]).inbound).toEqual({ ...lifetime.inbound, answered: 1, clockSkewed: 1 });
  });

  test('a call comes whose times cannot be, then it counts by its result, flagged, and in no sum, histogram or last', () => {
    for (const [type, flag] of [
      ['answered', 'implausibleAnswered'],
      ['missed', 'implausibleMissed'],
      ['other', 'implausibleOther'],
    ] as const) {
      const result = type === 'answered' ? { type, durations: null } : { type };
      const totals = totalsAfter([call({ atMs: null, result, conference: true })]);
      expect(totals).toEqual({
        ...lifetime,
        userEmail: { string: 'a@example.com' },
        firstSeen: place,
        inbound: { ...lifetime.inbound, [type]: 1, [flag]: 1 },
        conferenceCalls: 1,
      });
    }
  });

  test('a voicemail comes whose time cannot be, then it counts, flagged, and in no sum or last', () => {
    const odd = voicemail({ atMs: null, durationMs: null, transcribed: true });
    expect(totalsAfter([odd, odd])).toEqual({
      ...lifetime,
      userEmail: { string: 'a@example.com' },
      firstSeen: place,
      voicemails: 2,
      voicemailsTranscribed: 2,
      implausibleVoicemails: 2,
    });
  });

  test('a call with more than one other party comes, then it is a conference', () => {
    expect(totalsAfter([call({ conference: true }), call()]).conferenceCalls).toBe(1);
  });

  test('voicemails come, then they count, with their durations and transcriptions', () => {
    const totals = totalsAfter([voicemail(), voicemail({ durationMs: 5_000, transcribed: true, atMs: 700 })]);
    expect(totals).toMatchObject({
      voicemails: 2,
      voicemailMs: 15_000,
      voicemailsTranscribed: 1,
      lastVoicemailAt: { long: 700 },
      lastCallAt: null,
      inbound: lifetime.inbound,
    });
  });

  test('an event comes late, then that is counted too', () => {
    expect(countLate(totalsAfter([call()]))).toEqual({ ...totalsAfter([call()]), lateEvents: 1 });
  });
});

describe('The window of a day', () => {
  const day = { kind: 'day', date: '2026-11-22' } as const;

  test('has no histograms, and counts as the lifetime does', () => {
    const totals = totalsAfter([call({ result: answered(1_000, 2_000) })], initialState(day));
    expect(totals.inbound).toEqual({
      ...nothing,
      answered: 1,
      answerMs: 1_000,
      talkMs: 2_000,
      answerHistogram: [],
      talkHistogram: [],
    });
  });

  test('comes back from its record', () => {
    const totals = totalsAfter([call()], initialState(day));
    const record = snapshot(totals, common.subject, day, 'Pacific/Auckland');
    expect(record).toMatchObject({
      subject: common.subject,
      date: { string: '2026-11-22' },
      timeZone: 'Pacific/Auckland',
    });
    expect(record && fromSnapshot(record)).toEqual(totals);
    expect(snapshot(totalsAfter([call()]), common.subject, { kind: 'lifetime' }, 'UTC')?.date).toBeNull();
  });
});

describe('What the order of events does not change:', () => {
  test('the newest time stays', () => {
    const totals = totalsAfter([
      call({ atMs: 900 }),
      call({ atMs: 100 }),
      voicemail({ atMs: 800 }),
      voicemail({ atMs: -5 }),
    ]);
    expect(totals).toMatchObject({ lastCallAt: { long: 900 }, lastVoicemailAt: { long: 800 } });
  });

  test.each([
    [
      'the address of the newest event',
      [
        [100, 'z@example.com'],
        [200, 'b@example.com'],
      ],
      'b@example.com',
    ],
    [
      'of two at once the greater',
      [
        [100, 'a@example.com'],
        [100, 'b@example.com'],
      ],
      'b@example.com',
    ],
  ])('%s', (_name, given, email) => {
    const events = given.map(([atMs, userEmail]) => voicemail({ atMs: Number(atMs), userEmail: String(userEmail) }));
    const calls = given.map(([atMs, userEmail]) => call({ atMs: Number(atMs), userEmail: String(userEmail) }));
    for (const order of [events, events.toReversed(), calls, calls.toReversed()])
      expect(totalsAfter(order).userEmail).toEqual({ string: email });
  });

  test('an address in an event whose time cannot be gives way to any other; of two such the greater stays', () => {
    const odd = (userEmail: string) => call({ atMs: null, userEmail });
    const dated = voicemail({ atMs: -5, userEmail: 'a@example.com' });
    for (const events of [
      [odd('z@example.com'), dated],
      [dated, odd('z@example.com')],
    ])
      expect(totalsAfter(events).userEmail).toEqual({ string: 'a@example.com' });
    for (const events of [
      [odd('y@example.com'), odd('z@example.com')],
      [odd('z@example.com'), odd('y@example.com')],
    ])
      expect(totalsAfter(events).userEmail).toEqual({ string: 'z@example.com' });
  });

  test('an event without a user leaves the address alone', () => {
    expect(totalsAfter([call(), call({ userEmail: null, atMs: 999 })]).userEmail).toEqual({ string: 'a@example.com' });
    expect(totalsAfter([call({ userEmail: null })]).userEmail).toBeNull();
    expect(totalsAfter([call({ userEmail: null, atMs: 999 }), call()]).userEmail).toEqual({ string: 'a@example.com' });
  });

  test('the first place in the log is that of the earliest time, then of the smallest offset', () => {
    const at = (timestamp: number, offset: number) => call({ place: { timestamp, partition: 1, offset } });
    for (const events of [
      [at(5, 9), at(4, 10), at(4, 11)],
      [at(4, 11), at(4, 10), at(5, 9)],
      [at(4, 10), at(5, 9), at(4, 11)],
    ])
      expect(totalsAfter(events).firstSeen).toEqual({ timestamp: 4, partition: 1, offset: 10 });
  });

  test('sums stop at the most a field holds', () => {
    expect(totalsAfter([voicemail({ durationMs: MAX }), voicemail()]).voicemailMs).toBe(MAX);
    expect(totalsAfter([call({ result: answered(MAX, MAX) }), call({ result: answered(1, 1) })]).inbound).toMatchObject(
      {
        answerMs: MAX,
        talkMs: MAX,
      },
    );
  });
});
