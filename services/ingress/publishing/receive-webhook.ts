import type { OutgoingRecord } from '../../shared/kafka/publisher/outgoing-record.ts';
import type { Traced } from '../../shared/observability/tracing.ts';
import { type Encoders, type EventMessage, eventMessage, keptMessage, type Received } from '../domain/event-message.ts';
import { type Recognition, type Unrecognised, unrecognised } from '../domain/recognise.ts';
import { InternalError, type Operation } from '../http/internal-error.ts';
import type { DurableOutcome } from '../spool/publish-or-spool.ts';
import { type NotJson, recogniseBody } from './recognise-body.ts';

/** What became of a body. `kind` is what it was published as. */
export type Receipt =
  | Readonly<{ kind: 'not-json' }>
  | Readonly<{ kind: Recognition['kind']; reason: string | null; published: DurableOutcome }>;

/** Turns bodies into records and publishes them. */
export type ReceiveWebhook = (
  received: Omit<Received, 'traceparent' | 'tracestate'>,
  trace: Traced,
) => Promise<Receipt>;

/** The message of a webhook, and what it was recognised as. */
type Encoded = Readonly<{ recognition: Recognition; message: EventMessage }>;

/**
 * The path of an authenticated body into the log: bytes → JSON → event (or the body, unchanged) → record → Kafka.
 * Guarantee: after `published: 'durable'` the event is on all in-sync replicas, after `'spooled'` on the local disk.
 * `encoders` is null until the schema ids are known: until then an event is `unavailable`, but an unrecognised body is
 * not. If our own code throws, the body is kept as `not-encodable`, and `onInternalError` gets an error that contains
 * nothing of the body.
 */
export function createReceiveWebhook(
  encoders: () => Encoders | null,
  toRecord: (message: EventMessage) => OutgoingRecord,
  publish: (record: OutgoingRecord) => Promise<DurableOutcome>,
  onInternalError: (error: unknown) => void,
): ReceiveWebhook {
  const failed = (operation: Operation, error: unknown): Unrecognised => {
    onInternalError(new InternalError(operation, error));
    return unrecognised('not-encodable', '');
  };
  const recognised = (body: Buffer): Recognition | NotJson => {
    try {
      return recogniseBody(body);
    } catch (error) {
      return failed('recognise', error);
    }
  };
  /** Null while the schema ids are unknown. */
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
    const publishedAs = outgoing?.recognition ?? recognition;
    const reason = publishedAs.kind === 'unrecognised' ? publishedAs.reason : null;
    return { kind: publishedAs.kind, reason, published };
  };
}
