import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { ValueError } from '@sinclair/typebox/errors';
import type { Exact } from '../../shared/call-events/exact-number.ts';
import type { EventKind } from '../../shared/call-events/topics.ts';
import {
  type CallLogWebhook,
  PAYLOAD_VERSION,
  type VoicemailWebhook,
  webhookPayloads,
} from '../../shared/call-events/webhook-payload.ts';

/**
 * Why a webhook cannot become an event of today's contract. It is kept byte for byte and can be redriven later.
 * - `too-deep`: an event of a known kind whose body has more than MAX_LEVELS levels.
 * - `not-encodable`: nothing is wrong with the webhook as far as is known; this version failed at it.
 */
export const unrecognisedReasons = [
  'not-an-object',
  'unknown-event',
  'unknown-version',
  'contract-violation',
  'too-deep',
  'not-encodable',
] as const;

export type UnrecognisedReason = (typeof unrecognisedReasons)[number];

export type Unrecognised = Readonly<{
  kind: 'unrecognised';
  reason: UnrecognisedReason;
  /** JSON pointer (RFC 6901) of the first problem; it names only members of the contract. '' is the whole body. */
  pointer: string;
}>;

export type Recognition =
  | Readonly<{ kind: 'callLog'; webhook: Exact<CallLogWebhook> }>
  | Readonly<{ kind: 'voicemail'; webhook: Exact<VoicemailWebhook> }>
  | Unrecognised;

/** The most levels of nesting in a body that becomes an event, counted as scanJson does over the whole body. */
export const MAX_LEVELS = 100;

const checks = {
  callLog: TypeCompiler.Compile(webhookPayloads.callLog),
  voicemail: TypeCompiler.Compile(webhookPayloads.voicemail),
} as const;

/**
 * What a webhook's JSON is by VXT's contract. Never throws: what is not recognised is a result too. `json` is the value
 * as JSON.parse has it, each number the nearest double: that is what the contract is checked on. `exact` is the same
 * value with exact numbers: that is what becomes of the webhook.
 */
export function recognise(json: unknown, exact: unknown = json): Recognition {
  if (!isObject(json)) return unrecognised('not-an-object', '');
  const kind = eventKindOf(json);
  if (kind === null) return unrecognised('unknown-event', '/event');
  // The two values differ in numbers only, so what holds of one holds of the other, as Exact says.
  if (kind === 'callLog' && checks.callLog.Check(json)) return { kind, webhook: exact as Exact<CallLogWebhook> };
  if (kind === 'voicemail' && checks.voicemail.Check(json)) return { kind, webhook: exact as Exact<VoicemailWebhook> };
  const payload = json[kind];
  if (isObject(payload) && typeof payload.version === 'number' && payload.version !== PAYLOAD_VERSION) {
    return unrecognised('unknown-version', `/${kind}/version`);
  }
  return unrecognised('contract-violation', firstProblem(kind, json));
}

/** Which of today's events a body says it is; null: none. */
export function eventKindOf(json: unknown): EventKind | null {
  const event = isObject(json) ? json.event : null;
  return event === 'callLog' || event === 'voicemail' ? event : null;
}

export const unrecognised = (reason: UnrecognisedReason, pointer: string): Unrecognised => ({
  kind: 'unrecognised',
  reason,
  pointer,
});

function firstProblem(kind: EventKind, json: unknown): string {
  const first = checks[kind].Errors(json).First();
  return first === undefined ? '' : deepest(first);
}

/** Of a union, the problem within the branch that the value means: the one whose `type` fits. */
function deepest(error: ValueError): string {
  for (const branch of error.errors) {
    const problems = [...branch];
    const [first] = problems;
    const meant = problems.every(({ path }) => path !== error.path && path !== `${error.path}/type`);
    if (first !== undefined && meant) return deepest(first);
  }
  return error.path;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
