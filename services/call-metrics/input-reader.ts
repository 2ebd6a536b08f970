import type { Reader } from '../shared/avro/reader.ts';
import { WIRE_HEADER_BYTES } from '../shared/avro/wire-format.ts';
import type { CallLog, Voicemail } from '../shared/call-events/avro-types.generated.ts';
import { subjectKey } from '../shared/call-events/subject.ts';
import type { EventKind } from '../shared/call-events/topics.ts';
import { MAX_IDENTIFIER_UNITS } from '../shared/call-events/webhook-payload.ts';
import type { SourceRecord } from '../shared/projection/records.ts';
import type { Codecs } from './codecs.ts';
import type { DeadLetterReason } from './dead-letter.ts';
import type { CountedEvent, Impossible, LogPlace } from './domain/counted-event.ts';
import { interpretCall, interpretVoicemail } from './domain/interpret.ts';
import { isLogTime } from './domain/plausible.ts';

/**
 * A record of an input as the totals need it, or why it can never be counted. `logTimeMs` is the record's time in the log,
 * Unix time in milliseconds; null where it has none that can be.
 */
export type ReadInput =
  | Readonly<{ ok: true; event: CountedEvent; id: string; content: Buffer; logTimeMs: number | null }>
  | Readonly<{ ok: false; reason: DeadLetterReason }>;

/** One input topic: which kind of event it holds, and how its records are read. */
export type InputReader = Readonly<{
  input: EventKind;
  learn: (values: Iterable<Buffer>) => Promise<void>;
  /** A record without a time of its own has the time that the log has come to, `reachedMs`. */
  read: (record: SourceRecord, reachedMs: number) => ReadInput;
}>;

/** `partitionOf` is the key rule of the inputs: a record elsewhere would split the totals of its subject. */
export function createInputReaders(
  codecs: Pick<Codecs, 'callLogs' | 'voicemails'>,
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
    read: ({ value, partition, offset, timestampMs, unreadable = null }, reachedMs) => {
      if (unreadable !== null) return { ok: false, reason: 'unreadable-batch' };
      if (value === null) return { ok: false, reason: 'no-value' };
      const decoded = avro.decode(value);
      if (!decoded.ok) return decoded;
      if (hasLongIdentifier(decoded.value)) return { ok: false, reason: 'identifier-too-long' };
      if (partitionOf(subjectKey(decoded.value)) !== partition) return { ok: false, reason: 'wrong-partition' };
      const logTimeMs = isLogTime(timestampMs) ? timestampMs : null;
      const event = interpret(decoded.value, { timestamp: logTimeMs ?? reachedMs, partition, offset });
      if (typeof event === 'string') return { ok: false, reason: event };
      return { ok: true, event, id: decoded.value.id, content: value.subarray(WIRE_HEADER_BYTES), logTimeMs };
    },
  });
  return new Map([
    [topics.callLog, reader('callLog', codecs.callLogs, interpretCall)],
    [topics.voicemail, reader('voicemail', codecs.voicemails, interpretVoicemail)],
  ]);
}

/** The ingress takes none; an older one or another writer may have. It would make a key of the table, and its record, too large for the topic. */
function hasLongIdentifier({ id, user, phoneNumberE164 }: CallLog | Voicemail): boolean {
  const uid = user !== null && 'vxt.events.User' in user ? user['vxt.events.User'].uid : '';
  const number = phoneNumberE164 === null ? '' : phoneNumberE164.string;
  return [id, uid, number].some(({ length }) => length > MAX_IDENTIFIER_UNITS);
}
