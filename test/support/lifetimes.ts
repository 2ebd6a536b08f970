import fc from 'fast-check';
import type { DirectionTotals, UserCallMetrics } from '../../services/shared/call-events/avro-types.generated.ts';
import { answerBoundsMs, talkBoundsMs } from '../../services/shared/call-events/histogram-bounds.ts';

/** A direction without a call. */
export const noCalls: DirectionTotals = {
  answered: 0,
  missed: 0,
  other: 0,
  answerMs: 0,
  talkMs: 0,
  clockSkewed: 0,
  implausibleAnswered: 0,
  implausibleMissed: 0,
  implausibleOther: 0,
  answerHistogram: answerBoundsMs.concat(0).map(() => 0),
  talkHistogram: talkBoundsMs.concat(0).map(() => 0),
};

/** The lifetime of a user without a call, with what a test wants otherwise. */
export const lifetime = (uid: string, rank: number, more: Partial<UserCallMetrics> = {}): UserCallMetrics => ({
  subject: { type: 'user', id: uid },
  userEmail: { string: `${uid}@example.com` },
  date: null,
  timeZone: 'UTC',
  inbound: noCalls,
  outbound: noCalls,
  otherDirection: noCalls,
  conferenceCalls: 0,
  voicemails: 0,
  voicemailMs: 0,
  voicemailsTranscribed: 0,
  implausibleVoicemails: 0,
  lateEvents: 0,
  lastCallAt: null,
  lastVoicemailAt: null,
  firstSeen: { timestamp: rank, partition: 0, offset: 0 },
  ...more,
});

const count = fc.nat({ max: 1_000_000 });
const direction: fc.Arbitrary<DirectionTotals> = fc.record({
  answered: count,
  missed: count,
  other: count,
  answerMs: count,
  talkMs: count,
  clockSkewed: count,
  implausibleAnswered: count,
  implausibleMissed: count,
  implausibleOther: count,
  answerHistogram: fc.array(count, { minLength: answerBoundsMs.length + 1, maxLength: answerBoundsMs.length + 1 }),
  talkHistogram: fc.array(count, { minLength: talkBoundsMs.length + 1, maxLength: talkBoundsMs.length + 1 }),
});

/** Any lifetimes of different users, numbers and partitions; ranks may be equal. */
export const lifetimes: fc.Arbitrary<readonly UserCallMetrics[]> = fc.uniqueArray(
  fc.record({
    subject: fc.record({
      type: fc.constantFrom('user', 'number', 'unassigned'),
      id: fc.oneof(fc.constantFrom('none', 'other', 'a', 'b'), fc.string({ minLength: 1, maxLength: 4 })),
    }),
    userEmail: fc.constant(null),
    date: fc.constant(null),
    timeZone: fc.constant('UTC'),
    inbound: direction,
    outbound: direction,
    otherDirection: direction,
    conferenceCalls: count,
    voicemails: count,
    voicemailMs: count,
    voicemailsTranscribed: count,
    implausibleVoicemails: count,
    lateEvents: count,
    lastCallAt: fc.option(fc.record({ long: count }), { nil: null }),
    lastVoicemailAt: fc.option(fc.record({ long: count }), { nil: null }),
    firstSeen: fc.record({ timestamp: fc.nat(2), partition: fc.nat(2), offset: fc.nat(2) }),
  }),
  { selector: ({ subject }) => `${subject.type}/${subject.id}`, maxLength: 12 },
) as fc.Arbitrary<readonly UserCallMetrics[]>;

/** The key of a lifetime in the table. */
export const keyOf = ({ subject }: UserCallMetrics): string => `${subject.type}/${subject.id}/lifetime`;
