import type { TestEvent } from './produce-events.ts';
import { seededRandom } from './seeded-random.ts';

export type RandomEventsOptions = Readonly<{
  count: number;
  seed: number;
  users?: number;
  /** Share of events that repeat an earlier one. */
  duplicates?: number;
  /** The events are spread over this many days before `untilMs`. */
  days?: number;
  untilMs?: number;
}>;

/** Calls and voicemails of every kind, some repeated, the same for the same seed. */
export function randomEvents(options: RandomEventsOptions): TestEvent[] {
  const { count, seed, users = 50, duplicates = 0.1, days = 5, untilMs = Date.UTC(2026, 10, 22) } = options;
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const events: TestEvent[] = [];
  for (let index = 0; index < count; index += 1) {
    if (events.length > 0 && random() < duplicates) {
      const repeated = events[below(events.length)];
      if (repeated !== undefined) events.push(repeated);
      continue;
    }
    events.push(randomEvent(`${seed}-${index}`, random, below, users, untilMs - below(days * 86_400_000)));
  }
  return events;
}

function randomEvent(
  id: string,
  random: () => number,
  below: (limit: number) => number,
  users: number,
  atMs: number,
): TestEvent {
  const uid = `u-${below(users)}`;
  const user = random() < 0.85 ? { type: 'user' as const, uid, email: `${uid}@example.com` } : null;
  const phoneNumberE164 = random() < 0.9 ? `+649555${String(below(20)).padStart(4, '0')}` : null;
  const caller = { type: 'phoneNumber' as const, phoneNumberE164: `+6421${below(1_000_000)}` };
  const common = { version: 3 as const, id, url: `https://app.example/${id}`, user, phoneNumberE164 };
  if (random() < 0.15) {
    const transcription = random() < 0.5 ? 'text' : null;
    const voicemail = { ...common, timestamp: atMs, duration: below(120_000), transcription, callerId: caller };
    return { event: 'voicemail', voicemail };
  }
  const answerTimestamp = atMs + below(60_000) - (random() < 0.01 ? 120_000 : 0);
  const hangupTimestamp = answerTimestamp + below(1_800_000);
  const result =
    random() < 0.3
      ? { type: 'missed' as const, startTimestamp: atMs }
      : { type: 'answered' as const, startTimestamp: atMs, answerTimestamp, hangupTimestamp };
  const direction = random() < 0.6 ? 'inbound' : 'outbound';
  const otherParties = random() < 0.1 ? [caller, { type: 'unknown' as const }] : [caller];
  return { event: 'callLog', callLog: { ...common, result, direction, otherParties } };
}
