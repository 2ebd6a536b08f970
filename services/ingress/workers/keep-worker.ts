import type { RunLater } from '../../shared/lifecycle/run-later.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { MetricsSnapshot } from '../../shared/observability/merge-metrics.ts';
import type { ForkedWorker, WorkerEnd, WorkerEvents } from './forked-worker.ts';
import { createWorkerLife, STANDS_STILL_MS, type WorkerLife } from './worker-life.ts';
import type { WorkerState } from './workers-readiness.ts';

/** A slot that always has a worker, or will have one again. */
export type KeptWorker = Pick<WorkerLife, 'ask' | 'lastKnown'> &
  Readonly<{
    state: () => WorkerState;
    /** Ends it for good: SIGTERM, and SIGKILL where it stands still or takes too long. */
    stop: () => Promise<void>;
  }>;

export type KeeperOptions = Readonly<{
  slot: number;
  fork: (events: WorkerEvents) => ForkedWorker;
  logger: Pick<Logger, 'info' | 'error'>;
  /** A worker listens. */
  onListening: () => void;
  /** A worker ended; `counted` is what it last told of its metrics. */
  onEnded: (end: WorkerEnd, counted: MetricsSnapshot | null) => void;
  /** A monotonic clock, in milliseconds. */
  nowMs: () => number;
  later: RunLater;
  /** How long a worker may take to stop. */
  stopWithinMs: number;
}>;

const LOOK_MS = 500;
/** A look that comes this much too late says that the primary itself stood still. */
const LATE_MS = 1_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** A worker that was ready for so long did not fail to start. */
const PROVEN_MS = 30_000;

type Present = Readonly<{ process: ForkedWorker; life: WorkerLife }>;

/** Keeps a worker in a slot: one that ends is replaced after 1 s, and after up to 30 s where it ends again and again. */
export function keepWorker(options: KeeperOptions): KeptWorker {
  const { slot, logger, nowMs, later } = options;
  let present: Present | null = null;
  let failures = 0;
  let stopAskedMs: number | null = null;
  let callOffStart = (): void => undefined;

  const start = (): void => {
    const life = createWorkerLife((question) => process.ask(question), nowMs, later);
    const onListening = (): void => {
      life.listens();
      options.onListening();
    };
    const process = options.fork({ onMessage: life.hear, onListening });
    const one = { process, life };
    present = one;
    logger.info(failures === 0 ? 'worker-started' : 'worker-replaced', { worker: slot, pid: process.pid });
    const callOffWatch = watch(options, one, () => stopAskedMs);
    void process.ended.then((end) => {
      callOffWatch();
      life.over();
      present = null;
      options.onEnded(end, life.lastKnown());
      if (stopAskedMs === null) replace(one, end);
    });
  };

  const replace = ({ process, life }: Present, { reason }: WorkerEnd): void => {
    if (life.readyForMs() >= PROVEN_MS) failures = 0;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    failures += 1;
    const hint = `Another one is started in ${pauseMs / 1_000} s`;
    logger.error('worker-ended', { worker: slot, pid: process.pid, reason, hint });
    callOffStart = later(start, pauseMs);
  };

  start();
  return {
    state: () => {
      if (present?.life.standsStill()) return { slot, kind: 'still' };
      const readiness = present?.life.readiness() ?? null;
      if (readiness !== null) return { slot, kind: 'present', readiness };
      return { slot, kind: failures === 0 ? 'starting' : 'absent' };
    },
    ask: async () => present?.life.ask(),
    lastKnown: () => present?.life.lastKnown() ?? null,
    stop: async () => {
      stopAskedMs ??= nowMs();
      callOffStart();
      if (present === null) return;
      present.process.kill('SIGTERM');
      await present.process.ended;
    },
  };
}

/** Says in the log when a worker stands still and when it goes on, and kills it where a stop would wait for it too long. */
function watch(options: KeeperOptions, { process, life }: Present, stopAskedMs: () => number | null): () => void {
  const { slot, logger, nowMs, later } = options;
  const who = { worker: slot, pid: process.pid };
  let stillSinceMs: number | null = null;
  let isKilled = false;
  let lookedMs = nowMs();

  const look = (): void => {
    if (nowMs() - lookedMs > LOOK_MS + LATE_MS) life.excuse();
    lookedMs = nowMs();
    if (stillSinceMs === null && life.standsStill()) {
      stillSinceMs = nowMs() - life.silentMs();
      logger.error('worker-stands-still', who);
    } else if (stillSinceMs !== null && !life.standsStill()) {
      logger.info('worker-goes-on', { ...who, durationMs: Math.round(nowMs() - stillSinceMs) });
      stillSinceMs = null;
    }
    const askedMs = stopAskedMs();
    if (askedMs !== null && !isKilled) killIfNeeded(nowMs() - askedMs);
    callOff = later(look, LOOK_MS);
  };
  const killIfNeeded = (stoppingMs: number): void => {
    const isStill = Math.min(life.silentMs(), stoppingMs) > STANDS_STILL_MS;
    if (!isStill && stoppingMs <= options.stopWithinMs) return;
    isKilled = true;
    logger.error('worker-killed', { ...who, reason: isStill ? 'stands still' : 'takes too long to stop' });
    process.kill('SIGKILL');
  };
  let callOff = later(look, LOOK_MS);
  return () => callOff();
}
