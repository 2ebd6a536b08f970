import type { Kafka } from 'kafkajs';
import { createRandom, type Random } from '../../dev/simulate/random.ts';
import { type Encoders, eventMessage } from '../../services/ingress/domain/event-message.ts';
import type { CallLogWebhook } from '../../services/shared/call-events/webhook-payload.ts';
import { createPartitionOfKey } from '../../services/shared/kafka/publisher/partition-of-key.ts';
import { toBatch } from '../../services/shared/kafka/publisher/to-batch.ts';

export const USERS = 500;
export const DAYS = 20;
const DUPLICATES = 0.1;
const DAY_MS = 86_400_000;
const BEGIN_MS = Date.UTC(2026, 9, 20);
/** A duplicate repeats one of so many calls before it. */
const RECENT = 10_000;
const BATCH = 2_000;

/** Of one user, over a lifetime. Sums are in milliseconds. */
export type UserTotals = {
  inboundAnswered: number;
  inboundMissed: number;
  outboundAnswered: number;
  outboundUnanswered: number;
  answerMs: number;
  talkMs: number;
  clockSkewed: number;
  conferenceCalls: number;
};

/** A line that can be compared: the uid, then the totals in the order of the type. */
export function totalsLine(uid: string, totals: UserTotals): string {
  const { inboundAnswered, inboundMissed, outboundAnswered, outboundUnanswered } = totals;
  const counts = [inboundAnswered, inboundMissed, outboundAnswered, outboundUnanswered];
  return [uid, ...counts, totals.answerMs, totals.talkMs, totals.clockSkewed, totals.conferenceCalls].join(' ');
}

const noTotals = (): UserTotals => ({
  ...{ inboundAnswered: 0, inboundMissed: 0, outboundAnswered: 0, outboundUnanswered: 0 },
  ...{ answerMs: 0, talkMs: 0, clockSkewed: 0, conferenceCalls: 0 },
});

/**
 * Writes `count` calls, a tenth of them repeated, as the ingress would; the same for the same seed. Returns a line of
 * totals for each user, sorted, added up here from what was made.
 */
export async function writeCalls(
  kafka: Kafka,
  options: Readonly<{ topic: string; partitions: number; encoders: Encoders; count: number; seed: number }>,
  onProgress: (written: number) => void,
): Promise<readonly string[]> {
  const { topic, count, encoders } = options;
  const partitionOf = createPartitionOfKey(options.partitions);
  const random = createRandom(options.seed);
  const totals = new Map<string, UserTotals>();
  const recent: CallLogWebhook[] = [];
  const nextCall = (number: number): CallLogWebhook => {
    const repeated = random.chance(DUPLICATES) ? recent[random.whole(0, recent.length - 1)] : undefined;
    if (repeated !== undefined) return repeated;
    const { uid, webhook } = call(number, random);
    recent[number % RECENT] = webhook;
    const known = totals.get(uid) ?? noTotals();
    totals.set(uid, known);
    add(known, webhook);
    return webhook;
  };
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  await producer.connect();
  try {
    for (let written = 0; written < count; ) {
      const records = Array.from({ length: Math.min(BATCH, count - written) }, (_, index) => {
        const webhook = nextCall(written + index);
        const sender = { traceparent: TRACEPARENT, tracestate: null };
        const received = { body: Buffer.alloc(0), contentType: null, atMs: BEGIN_MS, ...sender };
        const { key, value, headers } = eventMessage({ kind: 'callLog', webhook }, received, encoders);
        return { topic, partition: partitionOf(key), key, value, headers };
      });
      await producer.sendBatch(toBatch(records, 30_000));
      written += records.length;
      onProgress(written);
    }
  } finally {
    await producer.disconnect();
  }
  return [...totals].map(([uid, sums]) => totalsLine(uid, sums)).sort();
}

const TRACEPARENT = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-00';

function call(number: number, random: Random) {
  const uid = `user-${random.whole(1, USERS)}`;
  const startTimestamp = BEGIN_MS + random.whole(0, DAYS * DAY_MS - 1);
  const answerTimestamp = startTimestamp + random.whole(0, 60_000) - (random.chance(0.01) ? 120_000 : 0);
  const hangupTimestamp = answerTimestamp + random.whole(0, 1_800_000);
  const caller = { type: 'phoneNumber' as const, phoneNumberE164: `+6421${random.whole(0, 9_999_999)}` };
  const webhook: CallLogWebhook = {
    event: 'callLog',
    callLog: {
      version: 3,
      id: `call-${number}`,
      url: `https://app.example/calls/call-${number}`,
      result: random.chance(0.3)
        ? { type: 'missed', startTimestamp }
        : { type: 'answered', startTimestamp, answerTimestamp, hangupTimestamp },
      direction: random.chance(0.6) ? 'inbound' : 'outbound',
      user: { type: 'user', uid, email: `${uid}@example.com` },
      phoneNumberE164: '+6491234567',
      otherParties: random.chance(0.1) ? [caller, { type: 'unknown' }] : [caller],
    },
  };
  return { uid, webhook };
}

function add(totals: UserTotals, { callLog: { direction, result, otherParties } }: CallLogWebhook): void {
  const inbound = direction === 'inbound';
  if (otherParties.length > 1) totals.conferenceCalls += 1;
  if (!('answerTimestamp' in result)) {
    totals[inbound ? 'inboundMissed' : 'outboundUnanswered'] += 1;
    return;
  }
  const { startTimestamp, answerTimestamp, hangupTimestamp } = result;
  totals[inbound ? 'inboundAnswered' : 'outboundAnswered'] += 1;
  if (answerTimestamp < startTimestamp || hangupTimestamp < answerTimestamp) totals.clockSkewed += 1;
  else {
    totals.answerMs += answerTimestamp - startTimestamp;
    totals.talkMs += hangupTimestamp - answerTimestamp;
  }
}
