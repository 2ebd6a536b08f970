import { hash } from 'node:crypto';
import type {
  CallLogPayload,
  PartyPayload,
  ResultPayload,
  VoicemailPayload,
  WebhookPayload,
} from '../../services/shared/call-events/webhook-payload.ts';
import { otherNumber, ownNumber, type SimulatedUser, someUser, transcription, userAt } from './people.ts';
import { createRandom, type Random } from './random.ts';

export type Simulation = Readonly<{
  seed: number;
  calls: number;
  users: number;
  /** The share of webhooks that are sent a second time, byte for byte. */
  duplicates: number;
  /** Event times lie from here on … */
  fromMs: number;
  /** … over this many days. */
  days: number;
  /** What every id begins with. */
  idPrefix: string;
}>;

/** One webhook to send. A webhook that is sent twice has the same `sequence` both times, and `copies` 2. */
export type Sending = Readonly<{ sequence: number; copies: 1 | 2; webhook: WebhookPayload }>;

const DAY_MS = 86_400_000;
const FURTHEST_DUPLICATE = 200;

/**
 * The webhooks of a simulation, in the order of sending: `calls` call logs, a voicemail after some of the missed ones, and duplicates a while after their
 * originals. The same simulation gives the same bytes; call number n does not depend on how many are asked for, and an id stands for one content only, as it
 * carries a fingerprint of all that the content depends on.
 */
export function* webhooks(simulation: Simulation): Generator<Sending> {
  const id = idMaker(simulation);
  const duplicates: { due: number; sending: Sending }[] = [];
  let sequence = 0;
  for (let call = 0; call < simulation.calls; call += 1) {
    for (const webhook of callAndVoicemail(simulation, call, id)) {
      const random = createRandom(simulation.seed, sequence, 2);
      const twice = random.chance(simulation.duplicates);
      const sending: Sending = { sequence, copies: twice ? 2 : 1, webhook };
      yield sending;
      if (twice) duplicates.push({ due: sequence + random.whole(1, FURTHEST_DUPLICATE), sending });
      sequence += 1;
      for (let index = duplicates.length - 1; index >= 0; index -= 1) {
        const duplicate = duplicates[index];
        if (duplicate === undefined || duplicate.due > sequence) continue;
        duplicates.splice(index, 1);
        yield duplicate.sending;
      }
    }
  }
  for (const { sending } of duplicates) yield sending;
}

type IdMaker = (kind: 'call' | 'voicemail', index: number) => string;

function idMaker({ seed, users, fromMs, days, idPrefix }: Simulation): IdMaker {
  const fingerprint = hash('sha256', JSON.stringify([users, fromMs, days])).slice(0, 6);
  return (kind, index) => `${idPrefix}${seed}-${fingerprint}-${kind}-${String(index + 1).padStart(6, '0')}`;
}

function* callAndVoicemail(simulation: Simulation, index: number, id: IdMaker): Generator<WebhookPayload> {
  const random = createRandom(simulation.seed, index, 1);
  const startMs = simulation.fromMs + Math.floor(random.next() * simulation.days * DAY_MS);
  const direction = random.chance(0.62) ? 'inbound' : 'outbound';
  const user = direction === 'inbound' && random.chance(0.08) ? null : someUser(random, simulation.users);
  const result = callResult(random, startMs, user === null ? 0.1 : direction === 'inbound' ? 0.8 : 0.7);
  const parties = otherParties(random, direction, result.type === 'answered', user, simulation.users);
  const betweenUsers = user !== null && parties.length > 1 && random.chance(0.2);
  const callLog: CallLogPayload = {
    version: 3,
    id: id('call', index),
    url: `https://app.vxt.co.nz/calls/${id('call', index)}`,
    result,
    direction,
    user,
    phoneNumberE164: betweenUsers ? null : ownNumber(random),
    otherParties: [...parties],
  };
  yield { event: 'callLog', callLog };
  const [caller] = parties;
  if (direction === 'outbound' || result.type !== 'missed' || caller === undefined || !random.chance(0.4)) return;
  yield { event: 'voicemail', voicemail: voicemailAfter(random, callLog, startMs, caller, id('voicemail', index)) };
}

function callResult(
  random: Random,
  startMs: number,
  answered: number,
): ResultPayload & { type: 'missed' | 'answered' } {
  if (!random.chance(answered)) return { type: 'missed', startTimestamp: startMs };
  const answerTimestamp = startMs + Math.min(Math.round(random.skewed(9_000, 0.7)), 90_000);
  const hangupTimestamp = answerTimestamp + Math.min(Math.round(random.skewed(150_000, 1.1)), 7_200_000);
  return { type: 'answered', startTimestamp: startMs, answerTimestamp, hangupTimestamp };
}

/** Mostly one customer; sometimes a private number; a few answered calls are conferences, with a teammate or more customers. */
function otherParties(
  random: Random,
  direction: 'inbound' | 'outbound',
  answered: boolean,
  user: SimulatedUser | null,
  users: number,
): readonly PartyPayload[] {
  const first: PartyPayload =
    direction === 'inbound' && random.chance(0.04)
      ? { type: 'unknown' }
      : { type: 'phoneNumber', phoneNumberE164: otherNumber(random) };
  if (!answered || !random.chance(0.05)) return [first];
  const teammate = userAt(random.whole(0, users - 1));
  const customers = Array.from({ length: random.whole(1, 3) }, (): PartyPayload => {
    return { type: 'phoneNumber', phoneNumberE164: otherNumber(random) };
  });
  return random.chance(0.5) && teammate.uid !== user?.uid
    ? [first, teammate, ...customers.slice(1)]
    : [first, ...customers];
}

function voicemailAfter(
  random: Random,
  call: CallLogPayload,
  callStartMs: number,
  callerId: PartyPayload,
  id: string,
): VoicemailPayload {
  const duration = Math.min(Math.max(Math.round(random.skewed(18_000, 0.8)), 1_000), 180_000);
  return {
    version: 3,
    id,
    url: `https://app.vxt.co.nz/voicemails/${id}`,
    timestamp: callStartMs + 25_000 + duration,
    duration,
    transcription: random.chance(0.6) ? transcription(random) : null,
    user: call.user,
    phoneNumberE164: call.phoneNumberE164,
    callerId,
  };
}
