import type { CallLog, Voicemail } from '../../shared/call-events/avro-types.generated.ts';
import { subjectKey } from '../../shared/call-events/subject.ts';
import { callLogRecord, voicemailRecord } from '../../shared/call-events/to-record.ts';
import { type TopicId, topicOfEvent } from '../../shared/call-events/topics.ts';
import type { Recognition, Unrecognised } from './recognise.ts';

/** A record for Kafka. Headers are text; a record with a null key may go to any partition. */
export type EventMessage = Readonly<{
  topic: TopicId;
  key: string | null;
  value: Buffer;
  headers: Readonly<Record<string, string>>;
}>;

/** How events become bytes. */
export type Encoders = Readonly<{
  callLog: Readonly<{ schemaId: number; encode: (record: CallLog) => Buffer }>;
  voicemail: Readonly<{ schemaId: number; encode: (record: Voicemail) => Buffer }>;
  /** URI of a schema, for `ce_dataschema`. */
  schemaUri: (schemaId: number) => string;
}>;

/** A webhook as it was received. */
export type Received = Readonly<{
  body: Buffer;
  /** The request's Content-Type; null if it had none. */
  contentType: string | null;
  /** When it was received, in Unix milliseconds. */
  atMs: number;
  /** W3C trace context; `tracestate` is null if there is none. */
  traceparent: string;
  tracestate: string | null;
}>;

/** The record for a webhook: an event in CloudEvents' binary mode (Kafka binding 1.0.2), or the unchanged body. */
export function eventMessage(recognition: Recognition, received: Received, encoders: Encoders): EventMessage {
  switch (recognition.kind) {
    case 'callLog': {
      const record = callLogRecord(recognition.webhook);
      const { encode, schemaId } = encoders.callLog;
      const headers = cloudEvent('callLog', record.id, startOf(record), encoders.schemaUri(schemaId), received);
      return { topic: topicOfEvent.callLog, key: subjectKey(record), value: encode(record), headers };
    }
    case 'voicemail': {
      const record = voicemailRecord(recognition.webhook);
      const { encode, schemaId } = encoders.voicemail;
      const headers = cloudEvent('voicemail', record.id, record.timestamp, encoders.schemaUri(schemaId), received);
      return { topic: topicOfEvent.voicemail, key: subjectKey(record), value: encode(record), headers };
    }
    case 'unrecognised':
      return keptMessage(recognition, received);
  }
}

/** The record that keeps a body byte for byte. It needs no encoder and never fails. */
export function keptMessage({ reason, pointer }: Unrecognised, received: Received): EventMessage {
  const receivedAt = rfc3339(received.atMs);
  return {
    topic: 'unrecognisedWebhooks',
    key: null,
    value: received.body,
    headers: {
      reason,
      pointer,
      ...(receivedAt === null ? {} : { 'received-at': receivedAt }),
      ...(received.contentType === null ? {} : { 'content-type': oneLine(received.contentType) }),
      ...traceHeaders(received),
    },
  };
}

/** When a call started, by its own time in Unix milliseconds; null if its result is of a future type without a start. */
function startOf({ result }: CallLog): number | null {
  if ('vxt.events.MissedCall' in result) return result['vxt.events.MissedCall'].startTimestamp;
  if ('vxt.events.AnsweredCall' in result) return result['vxt.events.AnsweredCall'].startTimestamp;
  return result['vxt.events.UnrecognisedResult'].startTimestamp?.long ?? null;
}

function cloudEvent(event: string, id: string, atMs: number | null, schemaUri: string, received: Received) {
  const time = rfc3339(atMs ?? received.atMs);
  return {
    ce_specversion: '1.0',
    ce_id: `${event}/${withoutControls(id)}`,
    ce_source: '/vxt/webhooks',
    ce_type: `vxt.${event}`,
    ...(time === null ? {} : { ce_time: time }),
    ce_dataschema: schemaUri,
    'content-type': 'application/avro',
    ...traceHeaders(received),
  };
}

const traceHeaders = ({ traceparent, tracestate }: Received) => ({
  traceparent,
  ...(tracestate === null ? {} : { tracestate }),
});

/** Null for times outside the years 0000 to 9999, which RFC 3339 cannot express. */
const rfc3339 = (ms: number): string | null =>
  ms >= EARLIEST_RFC_3339 && ms <= LATEST_RFC_3339 ? new Date(ms).toISOString() : null;

const EARLIEST_RFC_3339 = Date.parse('0000-01-01T00:00:00.000Z');
const LATEST_RFC_3339 = Date.parse('9999-12-31T23:59:59.999Z');

/** Percent-encodes control characters, which CloudEvents forbids, and `%`, so that different ids stay different. */
const withoutControls = (id: string): string => id.replace(/[%\p{Cc}]/gu, encodeURIComponent);

/** Replaces tabs and other control characters in a header of the sender with spaces. */
const oneLine = (text: string): string => text.replace(/\p{Cc}/gu, ' ').toWellFormed();
