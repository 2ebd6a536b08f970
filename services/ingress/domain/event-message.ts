import type { CallLog, Voicemail } from '../../shared/call-events/avro-types.generated.ts';
import { subjectKey } from '../../shared/call-events/subject.ts';
import { callLogRecord, voicemailRecord } from '../../shared/call-events/to-record.ts';
import { type TopicId, topicOfEvent } from '../../shared/call-events/topics.ts';
import type { Recognition, Unrecognised } from './recognise.ts';

/** A record for Kafka. Headers are text; a null key lets the partition be chosen freely. */
export type EventMessage = Readonly<{
  topic: TopicId;
  key: string | null;
  value: Buffer;
  headers: Readonly<Record<string, string>>;
}>;

/** How events become bytes; the schema ids are the registry's. */
export type Encoders = Readonly<{
  callLog: Readonly<{ schemaId: number; encode: (record: CallLog) => Buffer }>;
  voicemail: Readonly<{ schemaId: number; encode: (record: Voicemail) => Buffer }>;
  /** URI of a schema, for `ce_dataschema`. */
  schemaUri: (schemaId: number) => string;
}>;

/** What came with a webhook beside its JSON. */
export type Received = Readonly<{
  body: Buffer;
  /** The request's Content-Type, or null if it had none. */
  contentType: string | null;
  atMs: number;
  /** W3C trace context; `tracestate` is null where there is none. */
  traceparent: string;
  tracestate: string | null;
}>;

/** The record for a webhook: an event in CloudEvents' binary mode (Kafka binding 1.0.2), or the body as it came. */
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

/** The record that keeps a body byte for byte. It needs no encoder, and no value of the body can make it fail. */
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

/** The start of a call by its own time in milliseconds; null where its result is of a future type that has none. */
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

/** RFC 3339 has the years 0000 to 9999: any other time is null. */
const rfc3339 = (ms: number): string | null =>
  ms >= EARLIEST_RFC_3339 && ms <= LATEST_RFC_3339 ? new Date(ms).toISOString() : null;

const EARLIEST_RFC_3339 = Date.parse('0000-01-01T00:00:00.000Z');
const LATEST_RFC_3339 = Date.parse('9999-12-31T23:59:59.999Z');

/** CloudEvents allows no control characters: they are percent-encoded, and `%` too, so that two ids never become one. */
const withoutControls = (id: string): string => id.replace(/[%\p{Cc}]/gu, encodeURIComponent);

/** A header of the sender's: a tab between its parts is a space, and any other control character has no business there. */
const oneLine = (text: string): string => text.replace(/\p{Cc}/gu, ' ').toWellFormed();
