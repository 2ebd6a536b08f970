import { randomBytes } from 'node:crypto';
import { readTraceContext, writeTraceparent } from '../../shared/observability/trace-context.ts';
import { type Encoders, type EventMessage, eventMessage, type Received } from '../domain/event-message.ts';
import type { Recognition, UnrecognisedReason } from '../domain/recognise.ts';
import type { NotJson } from '../publishing/recognise-body.ts';
import type { KeptWebhook } from './kept-webhook.ts';

/**
 * The result of running the current parser on a kept webhook.
 * - `unrecognised`: it is still not an event.
 * - `broken`: the ingress did not write it, or this version fails on it.
 */
export type Reparsed =
  | Readonly<{ kind: 'event'; message: EventMessage }>
  | Readonly<{ kind: 'unrecognised'; reason: UnrecognisedReason }>
  | Readonly<{ kind: 'broken'; reason: 'no-body' | 'not-json' | 'not-encodable' | 'unreadable-batch' }>;

/** The ingress's parser. */
export type RecogniseBody = (body: Buffer) => Recognition | NotJson;

/** Never throws, whatever the record contains: another tool may have written it. */
export function reparse(kept: KeptWebhook, recogniseBody: RecogniseBody, encoders: Encoders): Reparsed {
  if (kept.unreadable !== null) return { kind: 'broken', reason: 'unreadable-batch' };
  if (kept.value === null) return { kind: 'broken', reason: 'no-body' };
  try {
    const recognition = recogniseBody(kept.value);
    if (recognition.kind === 'not-json') return { kind: 'broken', reason: 'not-json' };
    if (recognition.kind === 'unrecognised') return recognition;
    return { kind: 'event', message: eventMessage(recognition, originalRequest(kept, kept.value), encoders) };
  } catch {
    // The error may quote the body.
    return { kind: 'broken', reason: 'not-encodable' };
  }
}

/** The webhook as it was received. If it has no trace, a new one begins. */
function originalRequest({ headers, timestampMs }: KeptWebhook, body: Buffer): Received {
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
