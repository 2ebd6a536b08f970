import type { Reader } from '../shared/avro/reader.ts';
import { WIRE_HEADER_BYTES } from '../shared/avro/wire-format.ts';
import type { CallLog, Voicemail } from '../shared/call-events/avro-types.generated.ts';
import { subjectKey } from '../shared/call-events/subject.ts';
import type { EventKind } from '../shared/call-events/topics.ts';
import type { SourceRecord } from '../shared/projection/records.ts';
import type { Codecs } from './codecs.ts';
import type { DeadLetterReason } from './dead-letter.ts';
import type { CountedEvent, Impossible, LogPlace } from './domain/counted-event.ts';
import { interpretCall, interpretVoicemail } from './domain/interpret.ts';

/** A record of an input as the totals need it, or why it can never be counted. */
export type ReadInput =
  | Readonly<{ ok: true; event: CountedEvent; id: string; content: Buffer }>
  | Readonly<{ ok: false; reason: DeadLetterReason }>;

/** One input topic: which kind of event it holds, and how its records are read. */
export type InputReader = Readonly<{
  input: EventKind;
  learn: (values: Iterable<Buffer>) => Promise<void>;
  read: (record: SourceRecord) => ReadInput;
}>;

/** `partitionOf` is the key rule of the inputs: a record elsewhere would split the totals of its subject. */
export function createInputReaders(
  codecs: Codecs,
  topics: Readonly<Record<EventKind, string>>,
  partitionOf: (key: string) => number,
): ReadonlyMap<string, InputReader> {
  const reader = <Event extends CallLog | Voicemail>(
    input: EventKind,
    avro: Reader<Event>,
    interpret: (event: Event, place: LogPlace) => CountedEvent | Impossible,
  ): InputReader => ({
    input,
    learn: avro.learn,
    read: ({ value, partition, offset, timestampMs: timestamp }) => {
      if (value === null) return { ok: false, reason: 'no-value' };
      const decoded = avro.decode(value);
      if (!decoded.ok) return decoded;
      if (partitionOf(subjectKey(decoded.value)) !== partition) return { ok: false, reason: 'wrong-partition' };
      const event = interpret(decoded.value, { timestamp, partition, offset });
      if (typeof event === 'string') return { ok: false, reason: event };
      return { ok: true, event, id: decoded.value.id, content: value.subarray(WIRE_HEADER_BYTES) };
    },
  });
  return new Map([
    [topics.callLog, reader('callLog', codecs.callLogs, interpretCall)],
    [topics.voicemail, reader('voicemail', codecs.voicemails, interpretVoicemail)],
  ]);
}
