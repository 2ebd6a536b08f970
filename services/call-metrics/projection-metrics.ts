import { type LostReason, lostReasons } from '../shared/kafka/projection/lost-reason.ts';
import type { SlotStatus } from '../shared/kafka/projection/task-slot.ts';
import { Counter, Gauge, Histogram, type Registry } from '../shared/observability/prometheus.ts';
import type { Outcome } from './fold.ts';
import type { Lag, LagOfInput } from './lag.ts';
import type { RestoreProgress } from './restore-progress.ts';

const outcomes: readonly Outcome[] = ['applied', 'duplicate', 'conflict', 'dead_letter'];

/** What the metrics are asked for when they are scraped. */
export type MetricsSources = Readonly<{
  lags: () => readonly LagOfInput[];
  /** By partition. */
  waitingSeconds: () => ReadonlyMap<number, number>;
  size: () => Readonly<{ tableRecords: number; seenIds: number }>;
  tasks: () => readonly SlotStatus[];
  /** By topic, records in partitions that nobody counts. */
  unread: () => ReadonlyMap<string, number>;
  /** Whether a topic has settings that a start refuses. */
  settingsRefused: () => boolean;
  /** Milliseconds of the clock that the tasks' `sinceMs` is by. */
  now: () => number;
  restore: Pick<RestoreProgress, 'share' | 'left' | 'seconds'>;
  /** By topic. */
  heldSeconds: () => ReadonlyMap<string, number>;
}>;

export type ProjectionMetrics = Readonly<{
  counted: (topic: string, outcome: Outcome, count: number) => void;
  /** A record of an own topic was left out. */
  leftOut: (topic: string) => void;
  commitDuration: (seconds: number) => void;
  restored: (seconds: number) => void;
  lost: (reason: LostReason) => void;
  watch: (sources: MetricsSources) => void;
}>;

/** The metrics of the projection: `topics` are its inputs. Topics are told by their full names; no label holds a user. */
export function createProjectionMetrics(
  registry: Registry,
  topics: readonly string[],
  ownTopics: readonly string[],
): ProjectionMetrics {
  const registers = [registry];
  const events = new Counter({
    name: 'vxt_projection_events_total',
    help: 'Records whose transaction is committed, by what became of them.',
    labelNames: ['topic', 'outcome'],
    registers,
  });
  for (const topic of topics) for (const outcome of outcomes) events.inc({ topic, outcome }, 0);
  const leftOut = new Counter({
    name: 'vxt_projection_left_out_records_total',
    help: 'Records of the table, the state and the seen ids that were left out since the start, as another writer’s or unreadable.',
    labelNames: ['topic'],
    registers,
  });
  for (const topic of ownTopics) leftOut.inc({ topic }, 0);
  const commits = new Histogram({
    name: 'vxt_projection_commit_duration_seconds',
    help: 'From the beginning of a transaction to its end.',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers,
  });
  const restores = new Histogram({
    name: 'vxt_projection_restore_duration_seconds',
    help: 'From the fence of a task to its first fetch.',
    buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300],
    registers,
  });
  const lost = new Counter({
    name: 'vxt_projection_tasks_lost_total',
    help: 'Times a task threw its memory away and restored it: another member had its partition (fenced), a commit failed or nobody knew (transaction), its log may be another (log), or a bug (error).',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of lostReasons) lost.inc({ reason }, 0);
  return {
    counted: (topic, outcome, count) => events.inc({ topic, outcome }, count),
    leftOut: (topic) => leftOut.inc({ topic }),
    commitDuration: (seconds) => commits.observe(seconds),
    restored: (seconds) => restores.observe(seconds),
    lost: (reason) => lost.inc({ reason }),
    watch: (sources) => watch(sources, registers),
  };
}

function watch(sources: MetricsSources, registers: Registry[]): void {
  const lagGauge = (name: string, help: string, field: keyof Lag): void => {
    new Gauge({
      name,
      help,
      labelNames: ['topic', 'partition'],
      registers,
      collect() {
        this.reset();
        for (const { topic, partition, lag } of sources.lags()) this.set({ topic, partition }, lag[field]);
      },
    });
  };
  lagGauge('vxt_projection_lag_records', 'Records of the partition that wait to be committed.', 'records');
  lagGauge(
    'vxt_projection_lag_seconds',
    'Age of the last record committed while others wait, by log time; else 0.',
    'seconds',
  );
  new Gauge({
    name: 'vxt_projection_topic_settings_refused',
    help: '1 while a topic has settings under which a promise breaks, as somebody altered it; looked at every 30 s.',
    registers,
    collect() {
      this.set(sources.settingsRefused() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'vxt_projection_waiting_seconds',
    help: 'How long records of the partition have waited while it committed nothing; 0 while none waits. Above 45: it is stuck.',
    labelNames: ['partition'],
    registers,
    collect() {
      this.reset();
      for (const [partition, seconds] of sources.waitingSeconds()) this.set({ partition }, seconds);
    },
  });
  new Gauge({
    name: 'vxt_projection_state_entries',
    help: 'What is held of all partitions: records of the table and ids remembered.',
    labelNames: ['kind'],
    registers,
    collect() {
      const { tableRecords, seenIds } = sources.size();
      this.set({ kind: 'table' }, tableRecords);
      this.set({ kind: 'seen' }, seenIds);
    },
  });
  new Gauge({
    name: 'vxt_projection_tasks',
    help: 'Partitions of this replica by what they are doing.',
    labelNames: ['phase'],
    registers,
    collect() {
      this.reset();
      for (const { phase } of sources.tasks()) this.inc({ phase });
    },
  });
  new Gauge({
    name: 'vxt_projection_partition_held_seconds',
    help: 'How long a partition of this replica has not gone on; none for those that run. One that stopped tells its topic, the offsets and what became of them (deleted, changed, removed).',
    labelNames: ['partition', 'phase', 'topic', 'records', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const { partition, phase, sinceMs, outside } of sources.tasks()) {
        if (phase === 'running') continue;
        const { topic = '', records = '', reason = '' } = outside ?? {};
        this.set({ partition, phase, topic, records, reason }, (sources.now() - sinceMs) / 1000);
      }
    },
  });
  new Gauge({
    name: 'vxt_projection_unread_records',
    help: 'Records of an input in partitions from KAFKA_PARTITIONS on: somebody added partitions, and nobody counts what is in them.',
    labelNames: ['topic'],
    registers,
    collect() {
      this.reset();
      for (const [topic, records] of sources.unread()) this.set({ topic }, records);
    },
  });
  new Gauge({
    name: 'vxt_projection_restore_ratio',
    help: 'Share of the committed table that was read since the start: 1 when queries are answered.',
    registers,
    collect() {
      this.set(sources.restore.share());
    },
  });
  new Gauge({
    name: 'vxt_projection_restore_left_records',
    help: 'Offsets of what was committed at the start that are still to be read, by partition.',
    labelNames: ['partition'],
    registers,
    collect() {
      for (const [partition, left] of sources.restore.left()) this.set({ partition }, left);
    },
  });
  new Gauge({
    name: 'vxt_projection_start_restore_seconds',
    help: 'How long this process has read what was committed at its start, before it answered queries.',
    registers,
    collect() {
      this.set(sources.restore.seconds());
    },
  });
  new Gauge({
    name: 'vxt_kafka_open_transaction_seconds',
    help: 'How long the last stable offset of a partition has stood still below the high watermark, seen every 5 s. Above 15: a transaction is stuck and holds back its readers.',
    labelNames: ['topic'],
    registers,
    collect() {
      for (const [topic, seconds] of sources.heldSeconds()) this.set({ topic }, seconds);
    },
  });
}
