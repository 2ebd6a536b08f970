import type { UserCallMetrics } from '../../services/shared/call-events/avro-types.generated.ts';
import { createPartitionOfKey } from '../../services/shared/kafka/publisher/partition-of-key.ts';
import type { TestEvent } from './produce-events.ts';

type Sums = Record<
  | 'calls'
  | 'answered'
  | 'missed'
  | 'answerMs'
  | 'talkMs'
  | 'skewed'
  | 'conference'
  | 'voicemails'
  | 'voicemailMs'
  | 'transcribed',
  number
>;

const none: Sums = {
  calls: 0,
  answered: 0,
  missed: 0,
  answerMs: 0,
  talkMs: 0,
  skewed: 0,
  conference: 0,
  voicemails: 0,
  voicemailMs: 0,
  transcribed: 0,
};
/** The sums straight from the webhooks, by key of the table, in UTC: written without the code under test. */
export function naiveTotals(events: readonly TestEvent[], partitions: number): ReadonlyMap<string, Sums> {
  const partitionOf = createPartitionOfKey(partitions);
  const totals = new Map<string, Sums>();
  const seen = new Set<string>();
  for (const event of events) {
    const payload = event.event === 'callLog' ? event.callLog : event.voicemail;
    const uid = payload.user !== null && 'uid' in payload.user ? payload.user.uid : null;
    const number = payload.phoneNumberE164;
    const subject =
      uid !== null ? `user/${uid}` : number !== null ? `number/${number}` : `unassigned/${partitionOf(payload.id)}`;
    const identity = `${event.event}|${subject}|${payload.id}`;
    if (seen.has(identity)) continue;
    seen.add(identity);
    for (const window of ['lifetime', new Date(atMs(event)).toISOString().slice(0, 10)]) {
      const sums = { ...none, ...totals.get(`${subject}/${window}`) };
      addTo(sums, event);
      totals.set(`${subject}/${window}`, sums);
    }
  }
  return totals;
}

const atMs = (event: TestEvent): number => {
  if (event.event === 'voicemail') return event.voicemail.timestamp;
  const { result } = event.callLog;
  return 'startTimestamp' in result ? Number(result.startTimestamp) : Number.NaN;
};

function addTo(sums: Sums, event: TestEvent): void {
  if (event.event === 'voicemail') {
    sums.voicemails += 1;
    sums.voicemailMs += event.voicemail.duration;
    sums.transcribed += event.voicemail.transcription === null ? 0 : 1;
    return;
  }
  const { result, otherParties } = event.callLog;
  sums.calls += 1;
  sums.conference += otherParties.length > 1 ? 1 : 0;
  if (!('answerTimestamp' in result)) {
    sums.missed += 1;
    return;
  }
  sums.answered += 1;
  const answerMs = result.answerTimestamp - result.startTimestamp;
  const talkMs = result.hangupTimestamp - result.answerTimestamp;
  if (answerMs < 0 || talkMs < 0) sums.skewed += 1;
  else {
    sums.answerMs += answerMs;
    sums.talkMs += talkMs;
  }
}

/** The same sums from the records of the table. */
export function totalsByKey(table: ReadonlyMap<string, UserCallMetrics>): ReadonlyMap<string, Sums> {
  return new Map(
    [...table].map(([key, { inbound, outbound, otherDirection, ...rest }]) => {
      const over = (field: 'answered' | 'missed' | 'other' | 'answerMs' | 'talkMs' | 'clockSkewed') =>
        inbound[field] + outbound[field] + otherDirection[field];
      return [
        key,
        {
          calls: over('answered') + over('missed') + over('other'),
          answered: over('answered'),
          missed: over('missed'),
          answerMs: over('answerMs'),
          talkMs: over('talkMs'),
          skewed: over('clockSkewed'),
          conference: rest.conferenceCalls,
          voicemails: rest.voicemails,
          voicemailMs: rest.voicemailMs,
          transcribed: rest.voicemailsTranscribed,
        },
      ];
    }),
  );
}
