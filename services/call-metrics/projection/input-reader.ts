import type { Reader } from '../../shared/avro/reader.ts';
import { WIRE_HEADER_BYTES } from '../../shared/avro/wire-format.ts';
import type { CallLog, Voicemail } from '../../shared/call-events/avro-types.generated.ts';
import { subjectKey } from '../../shared/call-events/subject.ts';
import type { EventKind } from '../../shared/call-events/topics.ts';
import { MAX_IDENTIFIER_UNITS } from '../../shared/call-events/webhook-payload.ts';
import type { SourceRecord } from '../../shared/projection/records.ts';
import type { CountedEvent, Impossible, LogPlace } from '../domain/counted-event.ts';
import { interpretCall, interpretVoicemail } from '../domain/interpret.ts';
import { isLogTime } from '../domain/plausible.ts';
import type { Codecs } from './codecs.ts';
import type { DeadLetterReason } from './dead-letter.ts';

/**
 * A record of an input as the totals need it, or why it can never be counted. `logTimeMs` is the record's log time in
 * Unix milliseconds; null if that is missing or impossible.
 */
export type ReadInput =
  | Readonly<{ ok: true; event: CountedEvent; id: string; content: Buffer; logTimeMs: number | null }>
  | Readonly<{ ok: false; reason: DeadLetterReason }>;

/** One input topic: the kind of event it holds and how to read its records. */
export type InputReader = Readonly<{
  input: EventKind;
  /** Fetches the schemas of these values. */
  learn: (values: Iterable<Buffer>) => Promise<void>;
  /** `reachedMs` is the time that the log has reached: it stands in for a record's missing time. */
  read: (record: SourceRecord, reachedMs: number) => ReadInput;
}>;

/**
 * The readers of the inputs, by topic. `partitionOf` is the key rule of the inputs: a record in any other partition would
 * split the totals of its subject.
 */
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

/** The ingress accepts none, but an older version or another writer may have: the table's record would be too large for its topic. */
function hasLongIdentifier({ id, user, phoneNumberE164 }: CallLog | Voicemail): boolean {
  const uid = user !== null && 'vxt.events.User' in user ? user['vxt.events.User'].uid : '';
  const number = phoneNumberE164 === null ? '' : phoneNumberE164.string;
  return [id, uid, number].some(({ length }) => length > MAX_IDENTIFIER_UNITS);
}

/** The reader of an input. Throws for any other topic. */
export function readerOf(inputs: ReadonlyMap<string, InputReader>, topic: string): InputReader {
  const reader = inputs.get(topic);
  if (reader === undefined) throw new Error(`${topic} is not an input`);
  return reader;
}

/** The topic of an input by its name in the state; null if this version has no such input. */
export const topicOfInput =
  (inputs: ReadonlyMap<string, Pick<InputReader, 'input'>>) =>
  (name: string): string | null =>
    [...inputs].find(([, { input }]) => input === name)?.[0] ?? null;
