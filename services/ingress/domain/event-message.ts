import type { CallLog, Voicemail } from '../../shared/call-events/avro-types.generated.ts';
import { subjectKey } from '../../shared/call-events/subject.ts';
import { callLogRecord, voicemailRecord } from '../../shared/call-events/to-record.ts';
import { type TopicId, topicOfEvent } from '../../shared/call-events/topics.ts';
import type { Recognition } from './recognise.ts';

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
  /** W3C trace context. */
  traceparent: string;
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
      return {
        topic: 'unrecognisedWebhooks',
        key: null,
        value: received.body,
        headers: {
          reason: recognition.reason,
          pointer: recognition.pointer,
          'received-at': new Date(received.atMs).toISOString(),
          ...(received.contentType === null ? {} : { 'content-type': received.contentType }),
          traceparent: received.traceparent,
        },
      };
  }
}

/** The start of a call by its own time in milliseconds; null where its result is of a future type that has none. */
function startOf({ result }: CallLog): number | null {
  if ('vxt.events.MissedCall' in result) return result['vxt.events.MissedCall'].startTimestamp;
  if ('vxt.events.AnsweredCall' in result) return result['vxt.events.AnsweredCall'].startTimestamp;
  return result['vxt.events.UnrecognisedResult'].startTimestamp?.long ?? null;
}

function cloudEvent(event: string, id: string, atMs: number | null, schemaUri: string, received: Received) {
  return {
    ce_specversion: '1.0',
    ce_id: `${event}/${id}`,
    ce_source: '/vxt/webhooks',
    ce_type: `vxt.${event}`,
    ce_time: new Date(atMs ?? received.atMs).toISOString(),
    ce_dataschema: schemaUri,
    'content-type': 'application/avro',
    traceparent: received.traceparent,
  };
}
