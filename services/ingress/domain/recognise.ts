import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { ValueError } from '@sinclair/typebox/errors';
import type { EventKind } from '../../shared/call-events/topics.ts';
import {
  type CallLogWebhook,
  PAYLOAD_VERSION,
  type VoicemailWebhook,
  webhookPayloads,
} from '../../shared/call-events/webhook-payload.ts';

/** Why a webhook cannot become an event of today's contract. It is kept byte for byte and can be redriven later. */
export type UnrecognisedReason = 'not-an-object' | 'unknown-event' | 'unknown-version' | 'contract-violation';

export type Recognition =
  | Readonly<{ kind: 'callLog'; webhook: CallLogWebhook }>
  | Readonly<{ kind: 'voicemail'; webhook: VoicemailWebhook }>
  | Readonly<{
      kind: 'unrecognised';
      reason: UnrecognisedReason;
      /** JSON pointer (RFC 6901) of the first problem; it names only members of the contract. '' is the whole body. */
      pointer: string;
    }>;

const checks = {
  callLog: TypeCompiler.Compile(webhookPayloads.callLog),
  voicemail: TypeCompiler.Compile(webhookPayloads.voicemail),
} as const;

/** What a webhook's JSON is by VXT's contract. Never throws: what is not recognised is a result too. */
export function recognise(json: unknown): Recognition {
  if (!isObject(json)) return { kind: 'unrecognised', reason: 'not-an-object', pointer: '' };
  if (json.event === 'callLog') return check('callLog', json);
  if (json.event === 'voicemail') return check('voicemail', json);
  return { kind: 'unrecognised', reason: 'unknown-event', pointer: '/event' };
}

function check(kind: EventKind, json: Readonly<Record<string, unknown>>): Recognition {
  if (kind === 'callLog' && checks.callLog.Check(json)) return { kind, webhook: json };
  if (kind === 'voicemail' && checks.voicemail.Check(json)) return { kind, webhook: json };
  const payload = json[kind];
  if (isObject(payload) && typeof payload.version === 'number' && payload.version !== PAYLOAD_VERSION) {
    return { kind: 'unrecognised', reason: 'unknown-version', pointer: `/${kind}/version` };
  }
  return { kind: 'unrecognised', reason: 'contract-violation', pointer: firstProblem(kind, json) };
}

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
