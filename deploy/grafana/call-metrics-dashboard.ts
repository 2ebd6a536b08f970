import type { Dashboard, Panel, Query } from './dashboard-definition.ts';

/** Replicas of the exporter show the same totals: the largest of them counts once. Summed before the increase, so that first calls count. */
const sumOf = (metric: string, labels: string, by: string, ago = ''): string =>
  `sum${by === '' ? '' : ` by (${by})`} (max without (instance, pod) (${metric}{user_uid=~"$user"${labels === '' ? '' : `, ${labels}`}}${ago}))`;
const increaseOf = (metric: string, labels: string, range: string, by = ''): string =>
  by === 'user_uid'
    ? perUser(sumOf(metric, labels, by), sumOf(metric, labels, by, ` offset ${range}`), range)
    : `increase(${sumOf(metric, labels, by)}[${range}:])`;

/**
 * What each user's total moved by: exactly, with a user that is new since then from 0 (increase() would leave out a series' first
 * value). Where Prometheus has not scraped for so long, what it saw.
 */
const perUser = (total: string, before: string, range: string): string =>
  `((${total} - ${before}) or (${total} and on () count(vxt_calls_total offset ${range}) > 0) or increase(${total}[${range}:]))`;
const overAllUsers = (metric: string, by: string, range: string): string =>
  `sum by (${by}) (increase(max without (instance, pod) (${metric}{direction="inbound"})[${range}:]))`;

const calls = 'vxt_calls_total';
const inbound = (result: string, range: string, by = ''): string =>
  increaseOf(calls, `direction="inbound", result=~"${result}"`, range, by);
const missedRate = (range: string, by = ''): string =>
  `${inbound('missed', range, by)} / (${inbound('missed|answered', range, by)} > 0)`;
/** Calls with clock skew, and implausible ones, are answered, but in no sum of seconds. */
const measured = (range: string, by: string): string =>
  [
    inbound('answered', range, by),
    increaseOf('vxt_calls_clock_skewed_total', 'direction="inbound"', range, by),
    increaseOf('vxt_calls_implausible_total', 'direction="inbound", result="answered"', range, by),
  ].join(' - ');
const meanAnswer = (range: string, by = ''): string =>
  `${increaseOf('vxt_call_answer_seconds_total', 'direction="inbound"', range, by)} / ((${measured(range, by)}) > 0)`;
const last = (range: string): string => `last ${range === '$__range' ? 'time range' : '$window'}`;

const stat = (title: string, description: string, unit: Panel['unit'], expr: string): Panel => ({
  kind: 'stat',
  title,
  description: `${description} Over the chosen time range.`,
  unit,
  width: 4,
  height: 4,
  empty: 'No calls yet',
  queries: [{ expr, legend: title }],
});
const chart = (
  kind: 'timeseries' | 'bars' | 'heatmap',
  title: string,
  description: string,
  unit: Panel['unit'],
  queries: readonly Query[],
): Panel => ({ kind, title, description, unit, width: 12, height: 8, empty: 'No calls yet', queries });

/** For those who run a phone team. */
export const callMetricsDashboard: Dashboard = {
  uid: 'vxt-call-metrics',
  title: 'Call metrics',
  description: 'Who misses calls, how fast calls are answered, how long people talk. Times of calls are VXT’s own.',
  hasVariables: true,
  from: 'now-24h',
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat('Inbound answered', 'Inbound calls that somebody answered.', 'short', inbound('answered', '$__range')),
        stat(
          'Inbound missed',
          'Inbound calls that nobody answered, those that reached nobody included.',
          'short',
          inbound('missed', '$__range'),
        ),
        stat(
          'Missed call rate',
          'Inbound missed ÷ (inbound missed + inbound answered).',
          'percentunit',
          missedRate('$__range'),
        ),
        stat(
          'Average speed of answer',
          'Answer minus start, mean over answered inbound calls (ASA). Calls whose timestamps run backwards are left out.',
          's',
          meanAnswer('$__range'),
        ),
        stat(
          'Talk time',
          'Hang-up minus answer, summed over answered calls, both directions.',
          's',
          increaseOf('vxt_call_talk_seconds_total', '', '$__range'),
        ),
        stat('Voicemails', 'Voicemails left.', 'short', increaseOf('vxt_voicemails_total', '', '$__range')),
      ],
    },
    {
      title: 'Over time',
      panels: [
        chart('bars', 'Inbound: answered and missed', `Inbound calls by result in the ${last('$window')}.`, 'short', [
          {
            expr: increaseOf(calls, 'direction="inbound"', '$window', 'result'),
            legend: '{{result}}',
          },
        ]),
        chart(
          'timeseries',
          'Missed call rate',
          `Inbound missed ÷ (inbound missed + inbound answered) in the ${last('$window')}. A gap is a window without calls.`,
          'percentunit',
          [{ expr: missedRate('$window'), legend: 'missed' }],
        ),
        chart(
          'bars',
          'Outbound: answered and unanswered',
          `Outbound calls by result (missed: the other side did not answer) in the ${last('$window')}.`,
          'short',
          [{ expr: increaseOf(calls, 'direction="outbound"', '$window', 'result'), legend: '{{result}}' }],
        ),
        chart(
          'timeseries',
          'Speed of answer',
          `Answer minus start of inbound calls in the ${last('$window')}: the mean (of the chosen users), median and 90th percentile (of all users, as far as buckets tell).`,
          's',
          [
            { expr: meanAnswer('$window'), legend: 'mean' },
            {
              expr: `histogram_quantile(0.5, ${overAllUsers('vxt_call_answer_duration_seconds_bucket', 'le', '$window')})`,
              legend: 'median, all users',
            },
            {
              expr: `histogram_quantile(0.9, ${overAllUsers('vxt_call_answer_duration_seconds_bucket', 'le', '$window')})`,
              legend: '90 %, all users',
            },
          ],
        ),
        chart(
          'heatmap',
          'Speed of answer, all calls',
          'How many inbound calls of all users were answered within how many seconds.',
          's',
          [
            {
              expr: overAllUsers('vxt_call_answer_duration_seconds_bucket', 'le', '$__rate_interval'),
              legend: '{{le}}',
            },
          ],
        ),
        chart('bars', 'Talk time', `Hang-up minus answer, summed, by direction, in the ${last('$window')}.`, 's', [
          { expr: increaseOf('vxt_call_talk_seconds_total', '', '$window', 'direction'), legend: '{{direction}}' },
        ]),
        chart('bars', 'Conference calls', `Calls with more than one other party in the ${last('$window')}.`, 'short', [
          { expr: increaseOf('vxt_conference_calls_total', '', '$window'), legend: 'conference calls' },
        ]),
        chart(
          'bars',
          'Voicemails',
          `Voicemails left, and those with a transcription, in the ${last('$window')}.`,
          'short',
          [
            { expr: increaseOf('vxt_voicemails_total', '', '$window'), legend: 'left' },
            { expr: increaseOf('vxt_voicemails_transcribed_total', '', '$window'), legend: 'transcribed' },
          ],
        ),
      ],
    },
    {
      title: 'People',
      panels: [
        {
          kind: 'table',
          title: 'People',
          description:
            'Per user over the chosen time range; a click on a user shows only that one. `none` are events without a user, `other` users beyond METRICS_MAX_USERS.',
          unit: 'short',
          width: 24,
          height: 11,
          empty: 'No calls yet',
          queries: [
            { expr: inbound('answered', '$__range', 'user_uid'), legend: 'Inbound answered' },
            { expr: inbound('missed', '$__range', 'user_uid'), legend: 'Inbound missed' },
            { expr: missedRate('$__range', 'user_uid'), legend: 'Missed call rate', unit: 'percentunit' },
            { expr: meanAnswer('$__range', 'user_uid'), legend: 'Average speed of answer', unit: 's' },
            {
              expr: increaseOf(calls, 'direction="outbound"', '$__range', 'user_uid'),
              legend: 'Outbound',
            },
            {
              expr: increaseOf('vxt_call_talk_seconds_total', '', '$__range', 'user_uid'),
              legend: 'Talk time',
              unit: 's',
            },
            { expr: increaseOf('vxt_voicemails_total', '', '$__range', 'user_uid'), legend: 'Voicemails' },
          ],
        },
      ],
    },
    {
      title: 'Can these numbers be trusted?',
      panels: [
        {
          ...stat('Last call', 'Age of the newest call by its own time.', 's', ''),
          queries: [{ expr: 'time() - max(vxt_last_event_timestamp_seconds{event="callLog"})', legend: 'Last call' }],
        },
        {
          ...stat('Last voicemail', 'Age of the newest voicemail by its own time.', 's', ''),
          queries: [
            { expr: 'time() - max(vxt_last_event_timestamp_seconds{event="voicemail"})', legend: 'Last voicemail' },
          ],
        },
        {
          ...stat('Counters behind', 'How far the counters are behind the log, in seconds of log time.', 's', ''),
          queries: [{ expr: 'max(vxt_projection_lag_seconds)', legend: 'Counters behind' }],
        },
        stat(
          'Clock skew',
          'Answered calls whose timestamps run backwards: counted, but in no sum of seconds.',
          'short',
          increaseOf('vxt_calls_clock_skewed_total', '', '$__range'),
        ),
        stat(
          'Implausible',
          'Calls and voicemails whose times cannot be, or of over 24 h: counted, but in no sum of seconds and no day.',
          'short',
          `${increaseOf('vxt_calls_implausible_total', '', '$__range')} + ${increaseOf('vxt_voicemails_implausible_total', '', '$__range')}`,
        ),
        {
          ...stat(
            'Users under `other`',
            'Users beyond METRICS_MAX_USERS: in the totals, without lines of their own.',
            'short',
            '',
          ),
          queries: [{ expr: 'max(vxt_users_in_other)', legend: 'Users' }],
        },
      ],
    },
  ],
};
