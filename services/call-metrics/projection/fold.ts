import type { EventKind } from '../../shared/call-events/topics.ts';
import { createLastRecords } from '../../shared/projection/last-records.ts';
import type { Fold } from '../../shared/projection/projection.ts';
import type { Positions, SourceRecord, TargetRecord } from '../../shared/projection/records.ts';
import type { Calendar } from '../domain/calendar.ts';
import type { CountedEvent } from '../domain/counted-event.ts';
import { dedupeTimeMs } from '../domain/log-clock.ts';
import { firstOpenDay, firstOpenDayOfAll } from '../domain/windows.ts';
import type { Codecs } from './codecs.ts';
import type { OwnTopics, PartitionView } from './committed-view.ts';
import { type DeadLetterReason, deadLetter } from './dead-letter.ts';
import { createDedupe } from './dedupe.ts';
import { stateEncoder } from './encode-state.ts';
import { type Clocks, createInputClocks } from './input-clocks.ts';
import { type InputReader, readerOf, topicOfInput } from './input-reader.ts';
import { marksOf } from './last-record.ts';
import { createOutcomeCounts, type Outcome } from './outcome-counts.ts';
import { createTotalsTable } from './totals-table.ts';

const HOUR_MS = 3_600_000;

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
  /** Where the input partitions ended when the task started. */
  ends: Positions;
  /** The current size limit of a dead letter, in bytes. */
  maxDeadLetterBytes: () => number;
  /** Called after each commit with what became of the transaction's records. */
  countOutcome: (topic: string, outcome: Outcome, count: number) => void;
}>;

/** The fold of one partition: decode, dedupe, evolve; then everything that changed as one transaction. */
export function createCallMetricsFold(options: FoldOptions): Fold {
  const { partition, view, codecs, inputs, topics, calendar, keptDays, dedupeMs, generation } = options;
  const table = createTotalsTable(view, calendar.timeZone, codecs.table.writer.encode);
  const dedupe = createDedupe((input) => view.seenIds(generation, input), dedupeMs);
  const lastRecords = createLastRecords(marksOf(view.state(), topicOfInput(inputs)));
  const state = view.state()?.generation === generation ? view.state() : null;
  const clocks = createInputClocks(kindsByTopic(inputs), state, options.ends);
  const encodeState = stateEncoder({ ...options, lastRecords, encode: codecs.state.writer.encode });
  const outcomes = createOutcomeCounts(options.countOutcome);
  /** The clocks in the newest transaction. */
  let writtenClocks: Clocks = new Map(clocks.current());
  let deadLetters: TargetRecord[] = [];

  const reject = (record: SourceRecord, reason: DeadLetterReason): void => {
    deadLetters.push(deadLetter(record, topics.deadLetters, reason, options.maxDeadLetterBytes()));
    outcomes.add(record.topic, 'dead_letter');
  };
  const count = (event: CountedEvent, logTimeMs: number): void => {
    if (event.atMs === null) table.countImplausible(event);
    else {
      const day = calendar.dayOf(event.atMs);
      table.count(event, day, day < firstOpenDay(calendar, logTimeMs, keptDays));
    }
  };
  const openDay = (at: Clocks) => firstOpenDayOfAll(calendar, timesMsOf(at), keptDays);

  return {
    apply: (record) => {
      const { topic } = record;
      lastRecords.observe(record);
      const reader = readerOf(inputs, topic);
      const read = reader.read(record, clocks.current().get(reader.input)?.timeMs ?? 0);
      if (!read.ok) return reject(record, read.reason);
      const { event } = read;
      const clock = clocks.advance(topic, record.offset, read.logTimeMs, ownTimeMs(event));
      // A record ahead of the clock has its own time: its event may be late, and its id must not be forgotten too early.
      const logTimeMs = Math.max(event.place.timestamp, clock.timeMs ?? 0);
      const id = identity(reader.input, event.subject, read.id);
      const sighting = dedupe.sight(reader.input, id, read.content, logTimeMs, dedupeTimeMs(clock));
      if (sighting !== 'new') return outcomes.add(topic, sighting);
      count(event, logTimeMs);
      outcomes.add(topic, 'applied');
    },
    observeEnds: (ends, positions) => {
      clocks.observeEnds(ends);
      const current = clocks.at(positions);
      return idsHaveAged(writtenClocks, current) || table.hasDayBefore(openDay(current));
    },
    takeTransaction: (positions) => {
      const seen = dedupe.takeRecords(generation);
      const key = String(partition);
      writtenClocks = clocks.at(positions);
      clocks.set(writtenClocks);
      const changed = table.takeChanges(topics.table, openDay(writtenClocks));
      const changedKeys = new Set(changed.map((record) => record.key));
      const records = [
        ...changed,
        ...view.overwritten(changedKeys).map((record) => ({ topic: topics.table, ...record })),
        ...seen.records.map((record) => ({ topic: topics.seen, key, value: codecs.seen.writer.encode(record) })),
        ...deadLetters,
        { topic: topics.state, key, value: encodeState(positions, writtenClocks) },
      ];
      deadLetters = [];
      const reportOutcomes = outcomes.take();
      return {
        records,
        markCommitted: () => {
          seen.markCommitted();
          table.trim();
          reportOutcomes();
        },
      };
    },
  };
}

/** An id counts once per kind of event and subject. JSON keeps two identities from having the same text. */
const identity = (input: EventKind, subject: Readonly<{ type: string; id: string }>, id: string): string =>
  JSON.stringify([input, subject.type, subject.id, id]);

/** The event time that can confirm the record's time. A result that this version does not know may have none. */
const ownTimeMs = (event: CountedEvent): number | null =>
  event.event === 'callLog' && event.result.type === 'other' ? null : event.atMs;

/** Whether an input has moved on by an hour since the last transaction: then ids may have expired. */
const idsHaveAged = (written: Clocks, current: Clocks): boolean =>
  [...current].some(([input, { timeMs }]) => (timeMs ?? 0) >= (written.get(input)?.timeMs ?? Infinity) + HOUR_MS);

const timesMsOf = (clocks: Clocks) => [...clocks.values()].map(({ timeMs }) => timeMs);

const kindsByTopic = (inputs: ReadonlyMap<string, InputReader>) =>
  [...inputs].map(([topic, { input }]) => [topic, input] as const);
