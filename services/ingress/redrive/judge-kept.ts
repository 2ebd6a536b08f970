import { randomBytes } from 'node:crypto';
import { readTraceContext, writeTraceparent } from '../../shared/observability/trace-context.ts';
import { type Encoders, type EventMessage, eventMessage, type Received } from '../domain/event-message.ts';
import type { Recognition, UnrecognisedReason } from '../domain/recognise.ts';
import type { NotJson } from '../recognise-body.ts';
import type { KeptWebhook } from './kept-webhook.ts';

/**
 * What today's parser makes of a kept webhook.
 * - `unrecognised`: still none of today's events.
 * - `broken`: not a body the ingress keeps, or one that this version fails at.
 */
export type Judgement =
  | Readonly<{ kind: 'event'; message: EventMessage }>
  | Readonly<{ kind: 'unrecognised'; reason: UnrecognisedReason }>
  | Readonly<{ kind: 'broken'; reason: 'no-body' | 'not-json' | 'not-encodable' | 'unreadable-batch' }>;

/** The ingress's parser, from the bytes on. */
export type RecogniseBody = (body: Buffer) => Recognition | NotJson;

/** Never throws, whatever the record holds: another tool may have written it. */
export function judgeKept(kept: KeptWebhook, recogniseBody: RecogniseBody, encoders: Encoders): Judgement {
  if (kept.unreadable !== null) return { kind: 'broken', reason: 'unreadable-batch' };
  if (kept.value === null) return { kind: 'broken', reason: 'no-body' };
  try {
    const recognition = recogniseBody(kept.value);
    if (recognition.kind === 'not-json') return { kind: 'broken', reason: 'not-json' };
    if (recognition.kind === 'unrecognised') return recognition;
    return { kind: 'event', message: eventMessage(recognition, receivedThen(kept, kept.value), encoders) };
  } catch {
    // The error may quote the body.
    return { kind: 'broken', reason: 'not-encodable' };
  }
}

/** What came with the webhook when it came; without a trace of its own it begins one. */
function receivedThen({ headers, timestampMs }: KeptWebhook, body: Buffer): Received {
  const { traceparent = null, tracestate = null } = headers;
  const trace = readTraceContext({ traceparent, tracestate });
  return {
    body,
    contentType: headers['content-type'] ?? null,
    atMs: Date.parse(headers['received-at'] ?? '') || timestampMs,
    traceparent:
      trace === null
        ? writeTraceparent(randomBytes(16).toString('hex'), randomBytes(8).toString('hex'), 0)
        : writeTraceparent(trace.traceId, trace.parentId, trace.flags),
    tracestate: trace?.tracestate ?? null,
  };
}
