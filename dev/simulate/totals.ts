import type { WebhookPayload } from '../../services/shared/call-events/webhook-payload.ts';

/** The exporter's counters that a webhook can move. Those of seconds are kept in milliseconds, so that adding up is exact. */
export const counters = {
  vxt_calls_total: { labels: ['direction', 'result'], perSecond: 1 },
  vxt_conference_calls_total: { labels: [], perSecond: 1 },
  vxt_call_talk_seconds_total: { labels: ['direction'], perSecond: 1_000 },
  vxt_call_answer_seconds_total: { labels: ['direction'], perSecond: 1_000 },
  vxt_voicemails_total: { labels: [], perSecond: 1 },
  vxt_voicemail_duration_seconds_total: { labels: [], perSecond: 1_000 },
} as const;

export type CounterName = keyof typeof counters;

/** Whole amounts (units of `perSecond`) by series, written as Prometheus writes it: `vxt_calls_total{user_uid="…",direction="…",result="…"}`. */
export type Totals = ReadonlyMap<string, number>;

export const isCounter = (name: string): name is CounterName => Object.hasOwn(counters, name);

/** The series of a counter, with its labels in a fixed order. */
export function series(name: CounterName, labels: Readonly<Record<string, string>>): string {
  const order = ['user_uid', ...counters[name].labels].filter((label) => labels[label] !== undefined);
  const written = order.map((label) => `${label}="${labels[label]}"`).join(',');
  return written === '' ? name : `${name}{${written}}`;
}

/** What one webhook adds, if it is counted. */
export function movements(webhook: WebhookPayload): readonly (readonly [series: string, amount: number])[] {
  if (webhook.event === 'voicemail') {
    const { user, duration } = webhook.voicemail;
    const user_uid = uidOf(user);
    return [
      [series('vxt_voicemails_total', { user_uid }), 1],
      [series('vxt_voicemail_duration_seconds_total', { user_uid }), duration],
    ];
  }
  const { user, direction, result, otherParties } = webhook.callLog;
  const user_uid = uidOf(user);
  const call = [series('vxt_calls_total', { user_uid, direction, result: result.type }), 1] as const;
  const conference = otherParties.length > 1 ? [[series('vxt_conference_calls_total', { user_uid }), 1] as const] : [];
  if (!('answerTimestamp' in result)) return [call, ...conference];
  const talkMs = result.hangupTimestamp - result.answerTimestamp;
  const answerMs = result.answerTimestamp - result.startTimestamp;
  return [
    call,
    ...conference,
    [series('vxt_call_talk_seconds_total', { user_uid, direction }), talkMs],
    [series('vxt_call_answer_seconds_total', { user_uid, direction }), answerMs],
  ];
}

const uidOf = (user: object | null): string => (user !== null && 'uid' in user ? String(user.uid) : 'none');

/** Adds up movements. */
export function add(totals: Map<string, number>, moved: readonly (readonly [string, number])[]): void {
  for (const [name, amount] of moved) totals.set(name, (totals.get(name) ?? 0) + amount);
}

/** The same totals over all users. */
export function overUsers(totals: Totals): Totals {
  const sums = new Map<string, number>();
  for (const [name, amount] of totals) add(sums, [[name.replace(/user_uid="[^"]*",?/, '').replace('{}', ''), amount]]);
  return sums;
}

/** An amount in the counter's own unit. */
export function inUnits(name: string, amount: number): number {
  const counter = name.replace(/\{.*/, '');
  return isCounter(counter) ? amount / counters[counter].perSecond : amount;
}

/** The totals as lines that read like those of the exporter, sorted. */
export const lines = (totals: Totals): readonly string[] =>
  [...totals]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, amount]) => `${name} ${inUnits(name, amount)}`);
