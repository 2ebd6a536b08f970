import { type EventKind, type TopicId, topicName, topicOfEvent } from '../shared/call-events/topics.ts';
import { type Projection, RefusedError } from '../shared/projection/projection.ts';
import type { Positions } from '../shared/projection/records.ts';
import type { Codecs } from './codecs.ts';
import { type CommittedView, createCommittedView } from './committed-view.ts';
import { type Calendar, calendarOf } from './domain/calendar.ts';
import { createCallMetricsFold, type Outcome } from './fold.ts';
import { createInputReaders } from './input-reader.ts';
import { fingerprintDifferences, fingerprintOf, type ProjectionRules } from './settings-fingerprint.ts';

const DAY_MS = 86_400_000;
const kinds: readonly EventKind[] = ['callLog', 'voicemail'];

/** How to make the totals again under new rules. */
export const REBUILD = 'npm run rebuild';

export type CallMetricsProjection = Projection &
  Readonly<{
    view: CommittedView;
    calendar: Calendar;
    /** By topic, the offset up to which a partition is counted in what was read back. */
    countedUpTo: (partition: number) => Positions;
    /** Throws RefusedError if the totals of any partition were made under other rules. */
    checkFingerprints: () => void;
    /** The offset below which a partition's seen ids are of no use, or null; each is said once. */
    takeExpiredSeen: (partition: number) => number | null;
    topics: Readonly<Record<'table' | 'state' | 'seen' | 'deadLetters', string>>;
  }>;

export type ProjectionOptions = Readonly<{
  rules: ProjectionRules;
  topicPrefix: string;
  codecs: Codecs;
  /** The partition that the inputs' key rule gives to a key. */
  partitionOf: (key: string) => number;
  counted: (topic: string, outcome: Outcome, count: number) => void;
}>;

/** call-logs and voicemails → user-call-metrics: each event counts once, by `<event>/<id>` within its subject. */
export function createCallMetricsProjection(options: ProjectionOptions): CallMetricsProjection {
  const { rules, codecs, counted } = options;
  const name = (topic: TopicId): string => topicName(options.topicPrefix, topic);
  const topics = {
    table: name('userCallMetrics'),
    state: name('callMetricsState'),
    seen: name('callMetricsSeen'),
    deadLetters: name('deadLetters'),
  };
  const inputTopics = { callLog: name(topicOfEvent.callLog), voicemail: name(topicOfEvent.voicemail) };
  const inputs = createInputReaders(codecs, inputTopics, options.partitionOf);
  const dedupeMs = rules.dedupeDays * DAY_MS;
  const view = createCommittedView(codecs, topics, dedupeMs);
  const calendar = calendarOf(rules.timeZone);
  const fingerprint = fingerprintOf(rules);

  const check = (partition: number): void => {
    const committed = view.partition(partition).state()?.fingerprint ?? fingerprint;
    if (committed === fingerprint) return;
    throw new RefusedError(
      `The totals were made under other settings: ${fingerprintDifferences(committed, fingerprint)}. ` +
        `Set these back, or make the totals again with \`${REBUILD}\``,
    );
  };

  const countedUpTo = (partition: number): Positions => {
    const next = new Map(
      view
        .partition(partition)
        .state()
        ?.inputs.map(({ input, nextOffset }) => [input, nextOffset]),
    );
    return Object.fromEntries(kinds.map((kind) => [inputTopics[kind], next.get(kind) ?? 0]));
  };

  return {
    inputs: kinds.map((kind) => inputTopics[kind]),
    restoredFrom: [topics.table, topics.state, topics.seen],
    topics,
    view,
    calendar,
    readBack: view.readBack,
    countedUpTo,
    checkFingerprints: () => {
      for (let partition = 0; partition < rules.partitions; partition += 1) check(partition);
    },
    prepare: async (records) => {
      for (const [topic, { learn }] of inputs) {
        await learn(records.flatMap((record) => (record.topic === topic && record.value ? [record.value] : [])));
      }
    },
    open: (partition, ends) => {
      check(partition);
      const own = view.partition(partition);
      const state = own.state();
      const fold = createCallMetricsFold({
        partition,
        view: own,
        codecs,
        inputs,
        topics,
        calendar,
        keptDays: rules.keptDays,
        dedupeMs,
        generation: state?.generation ?? 0,
        fingerprint,
        ends,
        counted,
      });
      return { positions: countedUpTo(partition), fold };
    },
    takeExpiredSeen: (partition) => {
      const { seenLog, state } = view.partition(partition);
      const current = state();
      if (current === null) return null;
      const logTimes = new Map(current.inputs.map(({ input, logTime }) => [input, logTime?.long ?? -Infinity]));
      return seenLog.takeExpired(current.generation, (input) => (logTimes.get(input) ?? -Infinity) - dedupeMs);
    },
  };
}
