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
 * Why a webhook is not an event of the current contract. It is kept byte for byte and can be redriven later.
 * - `too-deep`: an event of a known kind with more than MAX_LEVELS levels of nesting.
 * - `not-encodable`: this version failed on it, although the webhook itself seems fine.
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
  /** JSON pointer (RFC 6901) to the first problem, made up of names in the contract only. '' is the whole body. */
  pointer: string;
}>;

export type Recognition =
  | Readonly<{ kind: 'callLog'; webhook: Exact<CallLogWebhook> }>
  | Readonly<{ kind: 'voicemail'; webhook: Exact<VoicemailWebhook> }>
  | Unrecognised;

/** The maximum nesting of a body that becomes an event, as scanJson counts it over the whole body. */
export const MAX_LEVELS = 100;

const checks = {
  callLog: TypeCompiler.Compile(webhookPayloads.callLog),
  voicemail: TypeCompiler.Compile(webhookPayloads.voicemail),
} as const;

/**
 * Checks a webhook's JSON against VXT's contract. Never throws: an unrecognised webhook is a result too. `json` is the
 * value from JSON.parse, with each number as the nearest double; the contract is checked on it. `exact` is the same
 * value with exact numbers; it becomes the event.
 */
export function recognise(json: unknown, exact: unknown = json): Recognition {
  if (!isObject(json)) return unrecognised('not-an-object', '');
  const kind = eventKindOf(json);
  if (kind === null) return unrecognised('unknown-event', '/event');
  // The two values differ only in their numbers, so a check of one is valid for the other.
  if (kind === 'callLog' && checks.callLog.Check(json)) return { kind, webhook: exact as Exact<CallLogWebhook> };
  if (kind === 'voicemail' && checks.voicemail.Check(json)) return { kind, webhook: exact as Exact<VoicemailWebhook> };
  const payload = json[kind];
  if (isObject(payload) && typeof payload.version === 'number' && payload.version !== PAYLOAD_VERSION) {
    return unrecognised('unknown-version', `/${kind}/version`);
  }
  return unrecognised('contract-violation', firstProblem(kind, json));
}

/** The kind of event that a body claims to be; null if it is none we know. */
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

/** For a union, the problem inside the branch that the value's `type` selects. */
function deepest(error: ValueError): string {
  for (const branch of error.errors) {
    const problems = [...branch];
    const [first] = problems;
    const isSelected = problems.every(({ path }) => path !== error.path && path !== `${error.path}/type`);
    if (first !== undefined && isSelected) return deepest(first);
  }
  return error.path;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
