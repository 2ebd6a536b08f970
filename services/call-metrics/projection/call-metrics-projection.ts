import { eventKinds, type TopicId, topicName, topicOfEvent } from '../../shared/call-events/topics.ts';
import type { Projection } from '../../shared/projection/projection.ts';
import type { CommittedRecord, Positions, SourceRecord } from '../../shared/projection/records.ts';
import { type Calendar, calendarOf } from '../domain/calendar.ts';
import type { Codecs } from './codecs.ts';
import { type CommittedView, createCommittedView } from './committed-view.ts';
import { countedLogTimesMs, countedPositions } from './counted-inputs.ts';
import { expireSeenIds } from './expire-seen-ids.ts';
import { createCallMetricsFold } from './fold.ts';
import { createInputReaders, type InputReader, topicOfInput } from './input-reader.ts';
import { marksOf } from './last-record.ts';
import { assertSameRules, assertUndamaged } from './may-continue.ts';
import type { Outcome } from './outcome-counts.ts';
import type { LeftOutReason } from './own-records.ts';
import { fingerprintOf, type ProjectionRules } from './settings-fingerprint.ts';

const DAY_MS = 86_400_000;

export type CallMetricsProjection = Projection &
  Readonly<{
    view: CommittedView;
    calendar: Calendar;
    /** The offset up to which each input of a partition is counted in what was read back, by topic. */
    countedPositions: (partition: number) => Positions;
    /** The log time of the newest record counted in what was read back, by topic: Unix milliseconds, null before the first. */
    countedLogTimesMs: (partition: number) => Readonly<Record<string, number | null>>;
    /** Throws RefusedError if the totals of any partition were computed under other rules. */
    checkFingerprints: () => void;
    /** The offset below which a partition's seen ids have expired; null if it has not changed since the last call. */
    takeExpiredSeen: (partition: number) => number | null;
    topics: Readonly<Record<'table' | 'state' | 'seen' | 'deadLetters', string>>;
  }>;

export type ProjectionOptions = Readonly<{
  rules: ProjectionRules;
  topicPrefix: string;
  codecs: Codecs;
  /** The partition that the key rule of the inputs assigns to a key. */
  partitionOf: (key: string) => number;
  /** Called after each commit with what became of the transaction's records. */
  countOutcome: (topic: string, outcome: Outcome, count: number) => void;
  /** The current size limit of a dead letter, in bytes; absent: none. */
  maxDeadLetterBytes?: () => number;
  /** Called for each record of the own topics that is left out. */
  onLeftOut?: (record: CommittedRecord, reason: LeftOutReason) => void;
  /** The view of another projection of the same topics, to share memory with. */
  twin?: CommittedView | undefined;
}>;

/** call-logs and voicemails → user-call-metrics: each event counts once, by `<event>/<id>` within its subject. */
export function createCallMetricsProjection(options: ProjectionOptions): CallMetricsProjection {
  const { rules, codecs, partitionOf, topicPrefix, countOutcome, twin } = options;
  const { onLeftOut = () => undefined, maxDeadLetterBytes = () => Infinity } = options;
  const topics = ownTopicsOf(topicPrefix);
  const inputTopics = inputTopicsOf(topicPrefix);
  const inputs = createInputReaders(codecs, inputTopics, partitionOf);
  const dedupeMs = rules.dedupeDays * DAY_MS;
  const view = createCommittedView({ codecs, topics, dedupeMs, partitionOf, onLeftOut, twin });
  const calendar = calendarOf(rules.timeZone);
  const fingerprint = fingerprintOf(rules);
  const stateOf = (partition: number) => view.partition(partition).state();

  return {
    inputs: eventKinds.map((kind) => inputTopics[kind]),
    restoredFrom: [topics.table, topics.state, topics.seen],
    topics,
    view,
    calendar,
    readBack: view.readBack,
    countedPositions: (partition) => countedPositions(stateOf(partition), inputTopics),
    countedLogTimesMs: (partition) => countedLogTimesMs(stateOf(partition), inputTopics),
    checkFingerprints: () => {
      for (let partition = 0; partition < rules.partitions; partition += 1) assertSameRules(stateOf(partition), rules);
    },
    prepare: (records) => fetchSchemas(inputs, records),
    open: (partition, ends) => {
      assertSameRules(stateOf(partition), rules);
      const own = view.partition(partition);
      assertUndamaged(partition, own);
      const fold = createCallMetricsFold({
        partition,
        view: own,
        codecs,
        inputs,
        topics,
        calendar,
        keptDays: rules.keptDays,
        dedupeMs,
        generation: own.state()?.generation ?? 0,
        fingerprint,
        ends,
        maxDeadLetterBytes,
        countOutcome,
      });
      return { positions: countedPositions(own.state(), inputTopics), fold };
    },
    lastCounted: (partition) => marksOf(stateOf(partition), topicOfInput(inputs)),
    takeExpiredSeen: (partition) => expireSeenIds(view.partition(partition), dedupeMs),
  };
}

async function fetchSchemas(
  inputs: ReadonlyMap<string, Pick<InputReader, 'learn'>>,
  records: readonly SourceRecord[],
): Promise<void> {
  for (const [topic, { learn }] of inputs) {
    const ofTopic = records.filter((record) => record.topic === topic && !record.unreadable);
    await learn(ofTopic.flatMap(({ value }) => (value === null ? [] : [value])));
  }
}

function ownTopicsOf(prefix: string): CallMetricsProjection['topics'] {
  const name = (topic: TopicId): string => topicName(prefix, topic);
  return {
    table: name('userCallMetrics'),
    state: name('callMetricsState'),
    seen: name('callMetricsSeen'),
    deadLetters: name('deadLetters'),
  };
}

const inputTopicsOf = (prefix: string) => ({
  callLog: topicName(prefix, topicOfEvent.callLog),
  voicemail: topicName(prefix, topicOfEvent.voicemail),
});
