import type { EventKind } from '../shared/call-events/topics.ts';
import { createLastRecords } from '../shared/projection/last-records.ts';
import type { Fold } from '../shared/projection/projection.ts';
import type { Positions, SourceRecord, TargetRecord } from '../shared/projection/records.ts';
import type { Codecs } from './codecs.ts';
import type { OwnTopics, PartitionView } from './committed-view.ts';
import { type DeadLetterReason, deadLetter } from './dead-letter.ts';
import { createDedupe } from './dedupe.ts';
import type { Calendar } from './domain/calendar.ts';
import type { CountedEvent } from './domain/counted-event.ts';
import { dedupeTimeMs } from './domain/log-clock.ts';
import { firstOpenDay, firstOpenDayOfAll } from './domain/windows.ts';
import { type Clocks, createInputClocks } from './input-clocks.ts';
import type { InputReader } from './input-reader.ts';
import { lastRecordOf, marksOf } from './last-record.ts';
import { createTotalsTable } from './totals-table.ts';

const HOUR_MS = 3_600_000;

/** What became of a record. `duplicate` and `conflict` are repeated ids with the same and with other content. */
export type Outcome = 'applied' | 'duplicate' | 'conflict' | 'dead_letter';

export type FoldOptions = Readonly<{
  partition: number;
  view: PartitionView;
  codecs: Codecs;
  inputs: ReadonlyMap<string, InputReader>;
  topics: OwnTopics & Readonly<{ deadLetters: string }>;
  calendar: Calendar;
  keptDays: number;
  dedupeMs: number;
  generation: number;
  fingerprint: string;
  /** Where the input partitions ended when the task began. */
  ends: Positions;
  /** What a record of the dead letters may take now, in bytes. */
  maxDeadLetterBytes: () => number;
  /** Counts what committed transactions did with their records. */
  counted: (topic: string, outcome: Outcome, count: number) => void;
}>;

/** The fold of one partition: decode, dedupe, evolve; then everything that changed as one transaction. */
export function createCallMetricsFold(options: FoldOptions): Fold {
  const { partition, view, codecs, inputs, topics, calendar, keptDays, dedupeMs, generation, counted } = options;
  const table = createTotalsTable(view, calendar.timeZone, codecs.table.writer.encode);
  const dedupe = createDedupe((input) => view.seenIds(generation, input), dedupeMs);
  const lastRecords = createLastRecords(marksOf(view.state(), topicOfInput(inputs)));
  const committed = view.state()?.generation === generation ? view.state() : null;
  const topicsOfInputs = [...inputs].map(([topic, { input }]) => [topic, input] as const);
  const inputClocks = createInputClocks(topicsOfInputs, committed, options.ends);
  /** What the last transaction said. */
  let taken: Clocks = new Map(inputClocks.clocks());
  let deadLetters: TargetRecord[] = [];
  let outcomes = new Map<string, Map<Outcome, number>>();

  const note = (topic: string, outcome: Outcome): void => {
    const ofTopic = outcomes.get(topic) ?? new Map<Outcome, number>();
    outcomes.set(topic, ofTopic.set(outcome, (ofTopic.get(outcome) ?? 0) + 1));
  };
  const reject = (record: SourceRecord, reason: DeadLetterReason): void => {
    deadLetters.push(deadLetter(record, topics.deadLetters, reason, options.maxDeadLetterBytes()));
    note(record.topic, 'dead_letter');
  };
  const inputOf = (topic: string): InputReader => {
    const reader = inputs.get(topic);
    if (reader === undefined) throw new Error(`${topic} is not an input`);
    return reader;
  };
  const openDay = (clocks: Clocks): number | null => {
    const times = [...clocks.values()].map(({ timeMs }) => timeMs);
    return firstOpenDayOfAll(calendar, times, keptDays);
  };
  const encodedState = (positions: Positions, clocks: Clocks): Buffer =>
    codecs.state.writer.encode({
      generation,
      fingerprint: options.fingerprint,
      inputs: [...inputs].map(([topic, { input }]) => ({
        input,
        nextOffset: positions[topic] ?? 0,
        logTime: optionalLong(clocks.get(input)?.timeMs),
        aheadSince: optionalLong(clocks.get(input)?.aheadSinceMs),
        lastRecord: lastRecordOf(lastRecords.markOf(topic)),
      })),
    });

  return {
    apply: (record) => {
      const { topic } = record;
      lastRecords.saw(record);
      const reader = inputOf(topic);
      const read = reader.read(record, inputClocks.clocks().get(reader.input)?.timeMs ?? 0);
      if (!read.ok) return reject(record, read.reason);
      const { event } = read;
      const clock = inputClocks.advance(topic, record.offset, read.logTimeMs, ownTimeMs(event));
      /** Of a record that is ahead of the clock its own: its event may be late, and its id is not forgotten too soon. */
      const logTimeMs = Math.max(event.place.timestamp, clock.timeMs ?? 0);
      const id = identity(reader.input, event.subject, read.id);
      const sighting = dedupe.sight(reader.input, id, read.content, logTimeMs, dedupeTimeMs(clock));
      if (sighting !== 'new') return note(topic, sighting);
      if (event.atMs === null) table.countImplausible(event);
      else {
        const day = calendar.dayOf(event.atMs);
        table.count(event, day, day < firstOpenDay(calendar, logTimeMs, keptDays));
      }
      note(topic, 'applied');
    },
    saw: (ends, positions) => {
      inputClocks.saw(ends);
      const carried = inputClocks.carriedTo(positions);
      const idsAge = [...carried].some(
        ([input, { timeMs }]) => (timeMs ?? 0) >= (taken.get(input)?.timeMs ?? Infinity) + HOUR_MS,
      );
      return idsAge || table.hasDayBefore(openDay(carried));
    },
    takeTransaction: (positions) => {
      const seen = dedupe.take(generation);
      const key = String(partition);
      taken = inputClocks.carriedTo(positions);
      inputClocks.set(taken);
      const changed = table.take(topics.table, openDay(taken));
      const records = [
        ...changed,
        ...view
          .overwritten(new Set(changed.map(({ key }) => key)))
          .map((record) => ({ topic: topics.table, ...record })),
        ...seen.records.map((record) => ({ topic: topics.seen, key, value: codecs.seen.writer.encode(record) })),
        ...deadLetters,
        { topic: topics.state, key, value: encodedState(positions, taken) },
      ];
      const done = outcomes;
      deadLetters = [];
      outcomes = new Map();
      return {
        records,
        committed: () => {
          seen.committed();
          table.trim();
          for (const [topic, ofTopic] of done) for (const [outcome, count] of ofTopic) counted(topic, outcome, count);
        },
      };
    },
  };
}

/** An id counts once per kind of event and subject; as JSON, so that no two identities are one text. */
const identity = (input: EventKind, subject: Readonly<{ type: string; id: string }>, id: string): string =>
  JSON.stringify([input, subject.type, subject.id, id]);

/** What bears the time of the event's record out. A result that this version does not know may have no time of its own. */
const ownTimeMs = (event: CountedEvent): number | null =>
  event.event === 'callLog' && event.result.type === 'other' ? null : event.atMs;

/** By the name that the state has for an input, its topic; null where there is none. */
export const topicOfInput =
  (inputs: ReadonlyMap<string, Pick<InputReader, 'input'>>) =>
  (name: string): string | null =>
    [...inputs].find(([, { input }]) => input === name)?.[0] ?? null;

const optionalLong = (value: number | null | undefined): null | { readonly long: number } =>
  value === null || value === undefined ? null : { long: value };
