import type { SlotStatus } from '../../shared/kafka/projection/task-slot.ts';
import { Gauge, type Registry } from '../../shared/observability/prometheus.ts';
import type { InputLag, Lag } from './lag.ts';
import type { RestoreProgress } from './restore-progress.ts';

/** What the gauges read at each scrape. */
export type GaugeSources = Readonly<{
  lags: () => readonly InputLag[];
  /** By partition. */
  waitingSeconds: () => ReadonlyMap<number, number>;
  size: () => Readonly<{ tableRecords: number; seenIds: number }>;
  tasks: () => readonly SlotStatus[];
  /** Records in partitions that no task reads, by topic. */
  unread: () => ReadonlyMap<string, number>;
  /** Whether a topic has settings that a start would refuse. */
  settingsRefused: () => boolean;
  /** The clock of the tasks' `sinceMs`, in milliseconds. */
  now: () => number;
  restore: Pick<RestoreProgress, 'share' | 'left' | 'seconds'>;
  /** By topic. */
  heldSeconds: () => ReadonlyMap<string, number>;
}>;

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [Labels, number];
type Define = (name: string, help: string, labelNames: readonly string[], samples: () => readonly Sample[]) => void;

export function registerGauges(registers: Registry[], sources: GaugeSources): void {
  /** A gauge exposes exactly the samples of the moment: a partition that was given away disappears. */
  const define: Define = (name, help, labelNames, samples) => {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of samples()) this.set(labels, value);
      },
    });
  };
  defineLag(define, sources);
  defineTopicSettings(define, sources);
  defineWaiting(define, sources);
  defineSize(define, sources);
  defineTasks(define, sources);
  defineUnread(define, sources);
  defineRestore(define, sources);
  defineOpenTransactions(define, sources);
}

function defineLag(define: Define, { lags }: GaugeSources): void {
  const samples = (field: keyof Lag) => () =>
    lags().map(({ topic, partition, lag }): Sample => [{ topic, partition }, lag[field]]);
  define(
    'vxt_projection_lag_records',
    'Records of the partition that are not yet committed.',
    ['topic', 'partition'],
    samples('records'),
  );
  define(
    'vxt_projection_lag_seconds',
    'Age of the last committed record by log time while others wait; otherwise 0.',
    ['topic', 'partition'],
    samples('seconds'),
  );
}

function defineTopicSettings(define: Define, { settingsRefused }: GaugeSources): void {
  define(
    'vxt_projection_topic_settings_refused',
    '1 while a topic has altered settings under which a promise breaks; checked every 30 s.',
    [],
    () => [[{}, settingsRefused() ? 1 : 0]],
  );
}

function defineWaiting(define: Define, { waitingSeconds }: GaugeSources): void {
  define(
    'vxt_projection_waiting_seconds',
    'How long records of the partition have waited without a commit; 0 while none waits. Above 45: it is stuck.',
    ['partition'],
    () => [...waitingSeconds()].map(([partition, seconds]) => [{ partition }, seconds]),
  );
}

function defineSize(define: Define, { size }: GaugeSources): void {
  define(
    'vxt_projection_state_entries',
    'Records of the table and remembered ids in memory, over all partitions.',
    ['kind'],
    () => {
      const { tableRecords, seenIds } = size();
      return [
        [{ kind: 'table' }, tableRecords],
        [{ kind: 'seen' }, seenIds],
      ];
    },
  );
}

function defineTasks(define: Define, { tasks, now }: GaugeSources): void {
  define('vxt_projection_tasks', 'Partitions of this replica by phase.', ['phase'], () => {
    const phases = Map.groupBy(tasks(), ({ phase }) => phase);
    return [...phases].map(([phase, found]) => [{ phase }, found.length]);
  });
  define(
    'vxt_projection_partition_held_seconds',
    'How long a partition of this replica has not been running; absent for those that run. A stopped one has the topic, the offsets and what happened to them (deleted, changed, removed) as labels.',
    ['partition', 'phase', 'topic', 'records', 'reason'],
    () =>
      tasks()
        .filter(({ phase }) => phase !== 'running')
        .map(({ partition, phase, sinceMs, outside }) => {
          const { topic = '', records = '', reason = '' } = outside ?? {};
          return [{ partition, phase, topic, records, reason }, (now() - sinceMs) / 1000];
        }),
  );
}

function defineUnread(define: Define, { unread }: GaugeSources): void {
  define(
    'vxt_projection_unread_records',
    'Records of an input in partitions beyond KAFKA_PARTITIONS: somebody added partitions, and no task reads them.',
    ['topic'],
    () => [...unread()].map(([topic, records]) => [{ topic }, records]),
  );
}

function defineRestore(define: Define, { restore }: GaugeSources): void {
  define(
    'vxt_projection_restore_ratio',
    'Share of the committed table read since the start; queries are answered once it is 1.',
    [],
    () => [[{}, restore.share()]],
  );
  define(
    'vxt_projection_restore_left_records',
    'Offsets committed before the start that are still to be read, by partition.',
    ['partition'],
    () => [...restore.left()].map(([partition, left]) => [{ partition }, left]),
  );
  define(
    'vxt_projection_start_restore_seconds',
    'How long this process read what was committed before its start, until it answered queries.',
    [],
    () => [[{}, restore.seconds()]],
  );
}

function defineOpenTransactions(define: Define, { heldSeconds }: GaugeSources): void {
  define(
    'vxt_kafka_open_transaction_seconds',
    'How long the last stable offset of a partition has stood still below the high watermark, checked every 5 s. Above 15: a transaction is stuck and blocks its readers.',
    ['topic'],
    () => [...heldSeconds()].map(([topic, seconds]) => [{ topic }, seconds]),
  );
}
