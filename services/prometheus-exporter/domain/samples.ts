import type { DirectionTotals } from '../../shared/call-events/avro-types.generated.ts';
import { answerBoundsMs, talkBoundsMs } from '../../shared/call-events/histogram-bounds.ts';
import type { HistogramSample, Sample } from '../../shared/observability/sample.ts';
import type { CallTotals } from './call-totals.ts';
import type { Exposition } from './lifetime-table.ts';

type Direction = 'inbound' | 'outbound' | 'other';
type Result = 'answered' | 'missed' | 'other';
const directions: readonly Direction[] = ['inbound', 'outbound', 'other'];
const results: readonly Result[] = ['answered', 'missed', 'other'];

const seconds = (milliseconds: number): number => milliseconds / 1000;
const ofDirection = (totals: CallTotals, direction: Direction): DirectionTotals =>
  direction === 'other' ? totals.otherDirection : totals[direction];

/** Today's label values stand at 0 from the start, so that the first call is an increase; `other` appears when it happens. */
const isExposed = (value: number, ...labels: readonly string[]): boolean => value > 0 || !labels.includes('other');

/** A sample for every value of `user_uid`. */
const perUser = ({ byUser }: Exposition, value: (totals: CallTotals) => number): readonly Sample[] =>
  [...byUser].map(([user_uid, totals]) => ({ labels: { user_uid }, value: value(totals) }));

/** A sample for every value of `user_uid` and direction. */
const perDirection = ({ byUser }: Exposition, value: (totals: DirectionTotals) => number): readonly Sample[] =>
  [...byUser].flatMap(([user_uid, totals]) =>
    directions.flatMap((direction) => {
      const sample = value(ofDirection(totals, direction));
      return isExposed(sample, direction) ? [{ labels: { user_uid, direction }, value: sample }] : [];
    }),
  );

/** A sample for every value of `user_uid`, direction and result. */
const perResult = (
  { byUser }: Exposition,
  value: (totals: DirectionTotals, result: Result) => number,
): readonly Sample[] =>
  [...byUser].flatMap(([user_uid, totals]) =>
    directions.flatMap((direction) =>
      results.flatMap((result) => {
        const sample = value(ofDirection(totals, direction), result);
        return isExposed(sample, direction, result) ? [{ labels: { user_uid, direction, result }, value: sample }] : [];
      }),
    ),
  );

const implausibleOf = {
  answered: 'implausibleAnswered',
  missed: 'implausibleMissed',
  other: 'implausibleOther',
} as const;

export const calls = (shown: Exposition) => perResult(shown, (totals, result) => totals[result]);
export const implausibleCalls = (shown: Exposition) =>
  perResult(shown, (totals, result) => totals[implausibleOf[result]]);

export const conferenceCalls = (shown: Exposition) => perUser(shown, ({ conferenceCalls }) => conferenceCalls);
export const talkSeconds = (shown: Exposition) => perDirection(shown, ({ talkMs }) => seconds(talkMs));
export const answerSeconds = (shown: Exposition) => perDirection(shown, ({ answerMs }) => seconds(answerMs));
export const clockSkewed = (shown: Exposition) => perDirection(shown, ({ clockSkewed }) => clockSkewed);
export const voicemails = (shown: Exposition) => perUser(shown, ({ voicemails }) => voicemails);
export const voicemailSeconds = (shown: Exposition) => perUser(shown, ({ voicemailMs }) => seconds(voicemailMs));
export const voicemailsTranscribed = (shown: Exposition) =>
  perUser(shown, ({ voicemailsTranscribed }) => voicemailsTranscribed);
export const implausibleVoicemails = (shown: Exposition) =>
  perUser(shown, ({ implausibleVoicemails }) => implausibleVoicemails);
export const lateEvents = ({ all }: Exposition): readonly Sample[] => [{ labels: {}, value: all.lateEvents }];
export const usersInOther = ({ usersInOther }: Exposition): readonly Sample[] => [{ labels: {}, value: usersInOther }];
export const userInfo = ({ emails }: Exposition): readonly Sample[] =>
  [...emails].map(([user_uid, user]) => ({ labels: { user_uid, user }, value: 1 }));

/** Only events that were seen have a time: 0 would be a date in 1970. */
export const lastEvent = ({ lastCallAtMs, lastVoicemailAtMs }: Exposition): readonly Sample[] =>
  Object.entries({ callLog: lastCallAtMs, voicemail: lastVoicemailAtMs }).flatMap(([event, at]) =>
    at === null ? [] : [{ labels: { event }, value: seconds(at) }],
  );

export const answerHistograms = (shown: Exposition) => histograms(shown, answerBoundsMs, 'answerHistogram', 'answerMs');
export const talkHistograms = (shown: Exposition) => histograms(shown, talkBoundsMs, 'talkHistogram', 'talkMs');

function histograms(
  { all }: Exposition,
  boundsMs: readonly number[],
  buckets: 'answerHistogram' | 'talkHistogram',
  sum: 'answerMs' | 'talkMs',
): readonly HistogramSample[] {
  return directions.flatMap((direction) => {
    const totals = ofDirection(all, direction);
    if (!isExposed(totals.answered, direction)) return [];
    const counts = Array.from({ length: boundsMs.length + 1 }, (_, bucket) => totals[buckets][bucket] ?? 0);
    return [{ labels: { direction }, bounds: boundsMs.map(seconds), counts, sum: seconds(totals[sum]) }];
  });
}
