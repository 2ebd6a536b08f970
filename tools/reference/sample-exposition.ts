import { type CallTotals, noTotals } from '../../services/prometheus-exporter/domain/call-totals.ts';
import type { Exposition } from '../../services/prometheus-exporter/domain/lifetime-table.ts';

/** One call of every direction and result, flagged in every way, so that every label value is shown. */
const oneOfEach = {
  ...noTotals.inbound,
  answered: 1,
  missed: 1,
  other: 1,
  clockSkewed: 1,
  implausibleAnswered: 1,
  implausibleMissed: 1,
  implausibleOther: 1,
  answerMs: 1,
  talkMs: 1,
};
const totals: CallTotals = { ...noTotals, inbound: oneOfEach, outbound: oneOfEach, otherDirection: oneOfEach };

export const sampleExposition: Exposition = {
  byUser: new Map([['uid', totals]]),
  all: totals,
  usersInOther: 0,
  emails: new Map([['uid', 'user@example.com']]),
  lastCallAtMs: 0,
  lastVoicemailAtMs: 0,
};
