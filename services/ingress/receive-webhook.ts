import { isUtf8 } from 'node:buffer';
import { parseJson } from '../shared/call-events/parse-json.ts';
import type { OutgoingRecord } from '../shared/kafka/publisher/outgoing-record.ts';
import type { Traced } from '../shared/observability/tracing.ts';
import type { DurableOutcome } from '../shared/spool/spooling-publish.ts';
import { type Encoders, eventMessage, type Received } from './domain/event-message.ts';
import { type Recognition, recognise } from './domain/recognise.ts';

/** What became of a body: `kind` says as what it was published. */
export type Receipt =
  | Readonly<{ kind: 'not-json' }>
  | Readonly<{ kind: Recognition['kind']; reason: string | null; published: DurableOutcome }>;

/** Turns bodies into records and publishes them. */
export type ReceiveWebhook = (received: Omit<Received, 'traceparent'>, trace: Traced) => Promise<Receipt>;

/**
 * The way of an authenticated body into the log: text → JSON → event (or kept as it came) → record → Kafka.
 * Guarantee: after `published: 'durable'` the event is on all in-sync replicas, after `'spooled'` on the local disk.
 */
export function createReceiveWebhook(
  encoders: Encoders,
  toRecord: (message: ReturnType<typeof eventMessage>) => OutgoingRecord,
  publish: (record: OutgoingRecord) => Promise<DurableOutcome>,
): ReceiveWebhook {
  return async (received, trace) => {
    const json = parseBody(received.body);
    if (json === notJson) return { kind: 'not-json' };
    const recognition = recognise(json);
    const span = trace.child('publish webhook', { 'vxt.event': recognition.kind });
    const message = eventMessage(recognition, { ...received, traceparent: span.traceparent }, encoders);
    const published = await publish(toRecord(message));
    span.end(published === 'durable' || published === 'spooled' ? undefined : published);
    return {
      kind: recognition.kind,
      reason: recognition.kind === 'unrecognised' ? recognition.reason : null,
      published,
    };
  };
}

const notJson = Symbol('not JSON');

/** JSON is UTF-8 (RFC 8259, 8.1); a byte order mark is passed over. */
function parseBody(body: Buffer): unknown {
  if (!isUtf8(body)) return notJson;
  const text = body.toString('utf8');
  try {
    return parseJson(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    return notJson;
  }
}
