import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLifetimeTable, type Exposition } from '../../../services/prometheus-exporter/domain/lifetime-table.ts';
import * as samples from '../../../services/prometheus-exporter/domain/samples.ts';
import type { UserCallMetrics } from '../../../services/shared/call-events/avro-types.generated.ts';
import type { Sample } from '../../../services/shared/observability/sample.ts';
import { keyOf, lifetime, lifetimes } from '../../support/lifetimes.ts';

function expose(rows: readonly UserCallMetrics[], maxUsers: number): Exposition {
  const table = createLifetimeTable();
  for (const row of rows) table.set(keyOf(row), row);
  return table.expose(maxUsers);
}

const total = (list: readonly Sample[]): number => list.reduce((sum, { value }) => sum + value, 0);
const perUser = {
  calls: samples.calls,
  conferenceCalls: samples.conferenceCalls,
  voicemails: samples.voicemails,
  clockSkewed: samples.clockSkewed,
  implausibleCalls: samples.implausibleCalls,
  implausibleVoicemails: samples.implausibleVoicemails,
  transcribed: samples.voicemailsTranscribed,
};
const cap = fc.nat(6);

describe('When users are capped', () => {
  test('then `other`, `none` and the named add up to all, whatever the cap', () => {
    fc.assert(
      fc.property(lifetimes, cap, (rows, maxUsers) => {
        const [capped, whole] = [expose(rows, maxUsers), expose(rows, 1_000)];
        for (const read of Object.values(perUser)) expect(total(read(capped))).toBe(total(read(whole)));
        for (const read of [samples.talkSeconds, samples.answerSeconds, samples.voicemailSeconds]) {
          expect(Math.round(total(read(capped)) * 1000)).toBe(Math.round(total(read(whole)) * 1000));
        }
        const users = rows.filter(({ subject }) => subject.type === 'user').length;
        expect(capped.usersInOther).toBe(Math.max(0, users - maxUsers));
      }),
    );
  });

  test('then the order in which records came changes nothing', () => {
    fc.assert(
      fc.property(lifetimes, cap, fc.nat(11), (rows, maxUsers, turn) => {
        const turned = [...rows.slice(turn), ...rows.slice(0, turn)].reverse();
        const sorted = (list: readonly Sample[]) => list.map((one) => JSON.stringify(one)).sort();
        for (const read of Object.values(perUser)) {
          expect(sorted(read(expose(turned, maxUsers)))).toEqual(sorted(read(expose(rows, maxUsers))));
        }
      }),
    );
  });

  test('then those seen first are named, and a newcomer does not move them', () => {
    const first = [lifetime('b', 1), lifetime('a', 2)];
    const named = (rows: readonly UserCallMetrics[]) => [...expose(rows, 2).byUser.keys()].sort();
    expect(named(first)).toEqual(['a', 'b', 'none']);
    expect(named([lifetime('aa', 3), ...first])).toEqual(['a', 'b', 'none', 'other']);
  });

  test('then two users seen at one place of the log rank by uid', () => {
    expect([...expose([lifetime('b', 1), lifetime('a', 1)], 1).byUser.keys()]).toEqual(['none', 'a', 'other']);
  });
});

test('When a record comes again, then the newest counts; when a tombstone comes, then the subject is gone', () => {
  const table = createLifetimeTable();
  table.set('user/a/lifetime', lifetime('a', 1, { voicemails: 1 }));
  table.set('user/a/lifetime', lifetime('a', 1, { voicemails: 3 }));
  expect(samples.voicemails(table.expose(10))).toContainEqual({ labels: { user_uid: 'a' }, value: 3 });
  table.delete('user/a/lifetime');
  expect([...table.expose(10).byUser.keys()]).toEqual(['none']);
  expect(table.size()).toBe(0);
});

test('When a record is of a day, then it is not counted', () => {
  const table = createLifetimeTable();
  table.set('user/a/2026-11-22', lifetime('a', 1, { date: { string: '2026-11-22' } }));
  expect(table.size()).toBe(0);
});

test('When a user is seen, then all known label sets stand at 0, and the unknown ones are absent until they happen', () => {
  const shown = expose([lifetime('a', 1)], 10);
  const ofA = samples.calls(shown).filter(({ labels }) => labels.user_uid === 'a');
  expect(ofA).toEqual([
    { labels: { user_uid: 'a', direction: 'inbound', result: 'answered' }, value: 0 },
    { labels: { user_uid: 'a', direction: 'inbound', result: 'missed' }, value: 0 },
    { labels: { user_uid: 'a', direction: 'outbound', result: 'answered' }, value: 0 },
    { labels: { user_uid: 'a', direction: 'outbound', result: 'missed' }, value: 0 },
  ]);
  const odd = lifetime('b', 2);
  const [sample] = samples
    .calls(expose([{ ...odd, inbound: { ...odd.inbound, other: 2 } }], 10))
    .filter(({ labels }) => labels.result === 'other');
  expect(sample).toEqual({ labels: { user_uid: 'b', direction: 'inbound', result: 'other' }, value: 2 });
});

test('When events were implausible, then they are told by result, and as 0 where there were none', () => {
  const row = lifetime('a', 1, { implausibleVoicemails: 4 });
  const inbound = { ...row.inbound, implausibleAnswered: 1, implausibleMissed: 2, implausibleOther: 3 };
  const shown = expose([{ ...row, inbound }], 10);
  const ofA = (list: readonly Sample[]) => list.filter(({ labels }) => labels.user_uid === 'a');
  const told = ofA(samples.implausibleCalls(shown)).map(({ labels, value }) => [
    labels.direction,
    labels.result,
    value,
  ]);
  expect(told).toEqual([
    ['inbound', 'answered', 1],
    ['inbound', 'missed', 2],
    ['inbound', 'other', 3],
    ['outbound', 'answered', 0],
    ['outbound', 'missed', 0],
  ]);
  expect(ofA(samples.implausibleVoicemails(shown))).toEqual([{ labels: { user_uid: 'a' }, value: 4 }]);
});

test('When a uid is called like a label of ours, then it stays apart from it', () => {
  const shown = expose([lifetime('none', 1, { voicemails: 1 }), lifetime('other', 2, { voicemails: 2 })], 10);
  expect(samples.voicemails(shown)).toEqual([
    { labels: { user_uid: 'none' }, value: 0 },
    { labels: { user_uid: 'uid:none' }, value: 1 },
    { labels: { user_uid: 'uid:other' }, value: 2 },
  ]);
});

test('When milliseconds are summed, then seconds are exactly a thousandth of them', () => {
  const row = lifetime('a', 1);
  const shown = expose([{ ...row, inbound: { ...row.inbound, talkMs: 1_234_567 } }], 10);
  expect(samples.talkSeconds(shown)).toContainEqual({
    labels: { user_uid: 'a', direction: 'inbound' },
    value: 1234.567,
  });
});

test('When nothing has happened, then no last event is claimed and both histograms stand at 0', () => {
  const shown = expose([], 10);
  expect(samples.lastEvent(shown)).toEqual([]);
  expect(samples.answerHistograms(shown).map(({ labels, sum }) => [labels.direction, sum])).toEqual([
    ['inbound', 0],
    ['outbound', 0],
  ]);
});

test('When subjects have events, then the last event is the newest over all of them', () => {
  const shown = expose(
    [
      lifetime('a', 1, { lastCallAt: { long: 5_000 } }),
      lifetime('b', 2, { lastCallAt: { long: 7_500 }, lastVoicemailAt: { long: 1_000 } }),
    ],
    10,
  );
  expect(samples.lastEvent(shown)).toEqual([
    { labels: { event: 'callLog' }, value: 7.5 },
    { labels: { event: 'voicemail' }, value: 1 },
  ]);
});
