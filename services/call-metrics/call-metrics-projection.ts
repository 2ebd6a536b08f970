import { type EventKind, type TopicId, topicName, topicOfEvent } from '../shared/call-events/topics.ts';
import { type Projection, RefusedError, StoppedError } from '../shared/projection/projection.ts';
import type { CommittedRecord, Positions } from '../shared/projection/records.ts';
import type { Codecs } from './codecs.ts';
import { type CommittedView, createCommittedView, type PartitionView } from './committed-view.ts';
import { type Calendar, calendarOf } from './domain/calendar.ts';
import { createCallMetricsFold, type Outcome, topicOfInput } from './fold.ts';
import { createInputReaders } from './input-reader.ts';
import { marksOf } from './last-record.ts';
import type { LeftOutReason } from './own-records.ts';
import { fingerprintDifferences, fingerprintOf, type ProjectionRules, partitionsOf } from './settings-fingerprint.ts';

const DAY_MS = 86_400_000;
const kinds: readonly EventKind[] = ['callLog', 'voicemail'];

/** How to make the totals again under new rules. */
export const REBUILD = 'npm run rebuild';

/** How events come into topics with another number of partitions: in their own topics a subject's would lie in two of them. */
export const REPARTITION = 'npm run repartition';

export type CallMetricsProjection = Projection &
  Readonly<{
    view: CommittedView;
    calendar: Calendar;
    /** By topic, the offset up to which a partition is counted in what was read back. */
    countedUpTo: (partition: number) => Positions;
    /** By topic, log time of the newest record counted in what was read back, Unix time in milliseconds; null before the first. */
    countedUntilMs: (partition: number) => Readonly<Record<string, number | null>>;
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
  /** What a record of the dead letters may take now, in bytes; absent: anything. */
  maxDeadLetterBytes?: () => number;
  /** Called for each record of the own topics that is left out. */
  leftOut?: (record: CommittedRecord, reason: LeftOutReason) => void;
  /** The view of another projection of the same topics, to share memory with. */
  twin?: CommittedView | undefined;
}>;

/** call-logs and voicemails → user-call-metrics: each event counts once, by `<event>/<id>` within its subject. */
export function createCallMetricsProjection(options: ProjectionOptions): CallMetricsProjection {
  const { rules, codecs, partitionOf, counted } = options;
  const { leftOut = () => undefined, maxDeadLetterBytes = () => Infinity } = options;
  const name = (topic: TopicId): string => topicName(options.topicPrefix, topic);
  const topics = {
    table: name('userCallMetrics'),
    state: name('callMetricsState'),
    seen: name('callMetricsSeen'),
    deadLetters: name('deadLetters'),
  };
  const inputTopics = { callLog: name(topicOfEvent.callLog), voicemail: name(topicOfEvent.voicemail) };
  const inputs = createInputReaders(codecs, inputTopics, partitionOf);
  const dedupeMs = rules.dedupeDays * DAY_MS;
  const view = createCommittedView({ codecs, topics, dedupeMs, partitionOf, leftOut, twin: options.twin });
  const calendar = calendarOf(rules.timeZone);
  const fingerprint = fingerprintOf(rules);

  const check = (partition: number): void => {
    const committed = view.partition(partition).state()?.fingerprint ?? fingerprint;
    if (committed === fingerprint) return;
    const way =
      partitionsOf(committed) === rules.partitions
        ? `make the totals again with \`${REBUILD}\``
        : `copy the events to topics of another prefix with \`${REPARTITION}\``;
    throw new RefusedError(
      `The totals were made under other settings: ${fingerprintDifferences(committed, fingerprint)}. Set these back, or ${way}`,
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

  const countedUntilMs = (partition: number): Readonly<Record<string, number | null>> => {
    const state = view.partition(partition).state();
    const logTimes = new Map(state?.inputs.map(({ input, logTime }) => [input, logTime?.long ?? null]));
    return Object.fromEntries(kinds.map((kind) => [inputTopics[kind], logTimes.get(kind) ?? null]));
  };

  return {
    inputs: kinds.map((kind) => inputTopics[kind]),
    restoredFrom: [topics.table, topics.state, topics.seen],
    topics,
    view,
    calendar,
    readBack: view.readBack,
    countedUpTo,
    countedUntilMs,
    checkFingerprints: () => {
      for (let partition = 0; partition < rules.partitions; partition += 1) check(partition);
    },
    prepare: async (records) => {
      for (const [topic, { learn }] of inputs) {
        const ofTopic = records.filter((record) => record.topic === topic && !record.unreadable);
        await learn(ofTopic.flatMap(({ value }) => (value === null ? [] : [value])));
      }
    },
    open: (partition, ends) => {
      check(partition);
      const own = view.partition(partition);
      throwIfDamaged(partition, own);
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
        maxDeadLetterBytes,
        counted,
      });
      return { positions: countedUpTo(partition), fold };
    },
    lastCounted: (partition) => marksOf(view.partition(partition).state(), topicOfInput(inputs)),
    takeExpiredSeen: (partition) => {
      const { seenLog, seenIds, state } = view.partition(partition);
      const current = state();
      if (current === null) return null;
      const logTimes = new Map<string, number>();
      for (const { input, logTime } of current.inputs) if (logTime !== null) logTimes.set(input, logTime.long);
      const since = (input: string): number => (logTimes.get(input) ?? -Infinity) - dedupeMs;
      const expired = seenLog.takeExpired(current.generation, since);
      if (expired !== null) for (const kind of kinds) seenIds(current.generation, kind).forget(since(kind));
      return expired;
    },
  };
}

/** Going on without what is damaged would make wrong totals: duplicates would count, or a total would begin anew. */
function throwIfDamaged(partition: number, { damage, stateIsLost }: PartitionView): void {
  const stopped = `Partition ${partition} does not go on, as its totals would be wrong`;
  const place = damage();
  if (place !== null) {
    throw new StoppedError(
      `${stopped}: ${place} cannot be read. Give the registry its schema back and start again, or make the totals again with \`${REBUILD}\``,
    );
  }
  if (stateIsLost()) {
    throw new StoppedError(
      `${stopped}: there are totals, and no state that says what they count. Bring the topic of the states back, or delete the topics of the totals, states ` +
        'and seen ids and start again: then all that is in the log is counted anew',
    );
  }
}
