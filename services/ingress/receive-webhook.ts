import type { OutgoingRecord } from '../shared/kafka/publisher/outgoing-record.ts';
import type { Traced } from '../shared/observability/tracing.ts';
import type { DurableOutcome } from '../shared/spool/spooling-publish.ts';
import { type Encoders, type EventMessage, eventMessage, keptMessage, type Received } from './domain/event-message.ts';
import { type Recognition, type Unrecognised, unrecognised } from './domain/recognise.ts';
import { type Doing, InternalError } from './internal-error.ts';
import { type NotJson, recogniseBody } from './recognise-body.ts';

/** What became of a body: `kind` says as what it was published. */
export type Receipt =
  | Readonly<{ kind: 'not-json' }>
  | Readonly<{ kind: Recognition['kind']; reason: string | null; published: DurableOutcome }>;

/** Turns bodies into records and publishes them. */
export type ReceiveWebhook = (
  received: Omit<Received, 'traceparent' | 'tracestate'>,
  trace: Traced,
) => Promise<Receipt>;

/** A record to be, and what the webhook was taken for. */
type Encoded = Readonly<{ recognition: Recognition; message: EventMessage }>;

/**
 * The way of an authenticated body into the log: bytes → JSON → event (or kept as it came) → record → Kafka.
 * Guarantee: after `published: 'durable'` the event is on all in-sync replicas, after `'spooled'` on the local disk.
 * `encoders` is null until the schema ids are known: an event is `unavailable` until then, a body kept as it came is not.
 * An exception of ours is nobody else's fault: the body is kept as `not-encodable`, and `onInternalError` is told, with
 * an error that holds nothing of the body.
 */
export function createReceiveWebhook(
  encoders: () => Encoders | null,
  toRecord: (message: EventMessage) => OutgoingRecord,
  publish: (record: OutgoingRecord) => Promise<DurableOutcome>,
  onInternalError: (error: unknown) => void,
): ReceiveWebhook {
  const failed = (doing: Doing, error: unknown): Unrecognised => {
    onInternalError(new InternalError(doing, error));
    return unrecognised('not-encodable', '');
  };
  const recognised = (body: Buffer): Recognition | NotJson => {
    try {
      return recogniseBody(body);
    } catch (error) {
      return failed('recognise', error);
    }
  };
  /** Null: no schema ids yet. */
  const encoded = (recognition: Recognition, received: Received): Encoded | null => {
    if (recognition.kind === 'unrecognised') return { recognition, message: keptMessage(recognition, received) };
    const known = encoders();
    if (known === null) return null;
    try {
      return { recognition, message: eventMessage(recognition, received, known) };
    } catch (error) {
      return encoded(failed('encode', error), received);
    }
  };

  return async (received, trace) => {
    const recognition = recognised(received.body);
    if (recognition.kind === 'not-json') return recognition;
    const span = trace.child('publish webhook', { 'vxt.event': recognition.kind });
    const { traceparent, tracestate } = span;
    const outgoing = encoded(recognition, { ...received, traceparent, tracestate });
    const published = outgoing === null ? 'unavailable' : await publish(toRecord(outgoing.message));
    span.end(published === 'durable' || published === 'spooled' ? undefined : published);
    const became = outgoing?.recognition ?? recognition;
    return { kind: became.kind, reason: became.kind === 'unrecognised' ? became.reason : null, published };
  };
}
