import { type LostReason, lostReasons } from '../../shared/kafka/projection/lost-reason.ts';
import { Counter, Histogram, type Registry } from '../../shared/observability/prometheus.ts';
import type { Outcome } from '../projection/outcome-counts.ts';
import { type GaugeSources, registerGauges } from './projection-gauges.ts';

const outcomes: readonly Outcome[] = ['applied', 'duplicate', 'conflict', 'dead_letter'];

export type ProjectionMetrics = Readonly<{
  countOutcome: (topic: string, outcome: Outcome, count: number) => void;
  /** A record of an own topic was left out. */
  countLeftOut: (topic: string) => void;
  observeCommit: (seconds: number) => void;
  observeRestore: (seconds: number) => void;
  countLost: (reason: LostReason) => void;
  /** Registers the gauges, which read their sources at each scrape. */
  registerGauges: (sources: GaugeSources) => void;
}>;

/** The metrics of the projection. The `topic` label is the full name of a topic; no label holds a user. */
export function createProjectionMetrics(
  registry: Registry,
  inputs: readonly string[],
  ownTopics: readonly string[],
): ProjectionMetrics {
  const registers = [registry];
  const events = new Counter({
    name: 'vxt_projection_events_total',
    help: 'Records whose transaction was committed, by outcome.',
    labelNames: ['topic', 'outcome'],
    registers,
  });
  for (const topic of inputs) for (const outcome of outcomes) events.inc({ topic, outcome }, 0);
  const leftOut = new Counter({
    name: 'vxt_projection_left_out_records_total',
    help: 'Records of the table, the state and the seen ids left out since the start, because another writer wrote them or they are unreadable.',
    labelNames: ['topic'],
    registers,
  });
  for (const topic of ownTopics) leftOut.inc({ topic }, 0);
  const commits = new Histogram({
    name: 'vxt_projection_commit_duration_seconds',
    help: 'From the start of a transaction to its end.',
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
    help: 'Times a task discarded its memory and restored it: another member took its partition over (fenced), a commit failed or its outcome is unknown (transaction), its log may have been replaced (log), or a bug (error).',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of lostReasons) lost.inc({ reason }, 0);
  return {
    countOutcome: (topic, outcome, count) => events.inc({ topic, outcome }, count),
    countLeftOut: (topic) => leftOut.inc({ topic }),
    observeCommit: (seconds) => commits.observe(seconds),
    observeRestore: (seconds) => restores.observe(seconds),
    countLost: (reason) => lost.inc({ reason }),
    registerGauges: (sources) => registerGauges(registers, sources),
  };
}
