import type { EventKind } from '../shared/call-events/topics.ts';
import type { Fold } from '../shared/projection/projection.ts';
import type { Positions, TargetRecord } from '../shared/projection/records.ts';
import type { Codecs } from './codecs.ts';
import type { OwnTopics, PartitionView } from './committed-view.ts';
import { deadLetter } from './dead-letter.ts';
import { createDedupe } from './dedupe.ts';
import type { Calendar } from './domain/calendar.ts';
import { firstOpenDay, firstOpenDayOfAll } from './domain/windows.ts';
import type { InputReader } from './input-reader.ts';
import { createTotalsTable } from './totals-table.ts';

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
  /** Ends of the input partitions when the task began. */
  ends: Positions;
  /** Counts what committed transactions did with their records. */
  counted: (topic: string, outcome: Outcome, count: number) => void;
}>;

/** The fold of one partition: decode, dedupe, evolve; then everything that changed as one transaction. */
export function createCallMetricsFold(options: FoldOptions): Fold {
  const { partition, view, codecs, inputs, topics, calendar, keptDays, dedupeMs, generation, counted } = options;
  const table = createTotalsTable(view, calendar.timeZone, codecs.table.writer.encode);
  const dedupe = createDedupe((input) => view.seenIds(generation, input), dedupeMs);
  const logTimes = new Map<string, number>();
  for (const { input, logTime } of view.state()?.generation === generation ? (view.state()?.inputs ?? []) : []) {
    if (logTime !== null) logTimes.set(input, logTime.long);
  }
  let deadLetters: TargetRecord[] = [];
  let outcomes = new Map<string, Map<Outcome, number>>();

  const note = (topic: string, outcome: Outcome): void => {
    const ofTopic = outcomes.get(topic) ?? new Map<Outcome, number>();
    outcomes.set(topic, ofTopic.set(outcome, (ofTopic.get(outcome) ?? 0) + 1));
  };
  const inputOf = (topic: string): InputReader => {
    const reader = inputs.get(topic);
    if (reader === undefined) throw new Error(`${topic} is not an input`);
    return reader;
  };
  const openDay = (): number | null => {
    const times = [...inputs].map(([topic, { input }]) => ({
      logTimeMs: logTimes.get(input) ?? null,
      unread: (options.ends[topic] ?? 0) > 0,
    }));
    return firstOpenDayOfAll(calendar, times, keptDays);
  };
  const encodedState = (positions: Positions): Buffer =>
    codecs.state.writer.encode({
      generation,
      fingerprint: options.fingerprint,
      inputs: [...inputs].map(([topic, { input }]) => ({
        input,
        nextOffset: positions[topic] ?? 0,
        logTime: optionalLong(logTimes.get(input)),
      })),
    });

  return {
    apply: (record) => {
      const { topic } = record;
      const reader = inputOf(topic);
      const logTimeMs = Math.max(record.timestampMs, logTimes.get(reader.input) ?? -Infinity);
      logTimes.set(reader.input, logTimeMs);
      const read = reader.read(record);
      if (!read.ok) {
        deadLetters.push(deadLetter(record, topics.deadLetters, read.reason));
        note(topic, 'dead_letter');
        return;
      }
      const { event } = read;
      const sighting = dedupe.sight(
        reader.input,
        identity(reader.input, event.subject, read.id),
        read.content,
        logTimeMs,
      );
      if (sighting !== 'new') return note(topic, sighting);
      const day = calendar.dayOf(event.atMs);
      table.count(event, day, day < firstOpenDay(calendar, logTimeMs, keptDays));
      note(topic, 'applied');
    },
    takeTransaction: (positions) => {
      const seen = dedupe.take(generation);
      const key = String(partition);
      const records = [
        ...table.take(topics.table, openDay()),
        ...seen.records.map((record) => ({ topic: topics.seen, key, value: codecs.seen.writer.encode(record) })),
        ...deadLetters,
        { topic: topics.state, key, value: encodedState(positions) },
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

const optionalLong = (value: number | undefined): null | { readonly long: number } =>
  value === undefined ? null : { long: value };
