import type { RunLater } from '../../shared/lifecycle/run-later.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { MetricsSnapshot } from '../../shared/observability/merge-metrics.ts';
import type { ForkedWorker, WorkerEnd, WorkerEvents } from './forked-worker.ts';
import { createWorkerMonitor, UNRESPONSIVE_MS, type WorkerMonitor } from './worker-monitor.ts';
import type { WorkerState } from './workers-readiness.ts';

/** A slot whose worker is replaced whenever it ends. */
export type SupervisedWorker = Pick<WorkerMonitor, 'refreshMetrics' | 'metrics'> &
  Readonly<{
    state: () => WorkerState;
    /** Stops it for good: SIGTERM, then SIGKILL if it is unresponsive or takes too long. */
    stop: () => Promise<void>;
  }>;

export type SupervisorOptions = Readonly<{
  slot: number;
  fork: (events: WorkerEvents) => ForkedWorker;
  logger: Pick<Logger, 'info' | 'error'>;
  onListening: () => void;
  /** A worker ended; `lastMetrics` are those it last reported. */
  onEnded: (end: WorkerEnd, lastMetrics: MetricsSnapshot | null) => void;
  /** A monotonic clock, in milliseconds. */
  nowMs: () => number;
  later: RunLater;
  /** How long a worker may take to stop. */
  stopWithinMs: number;
}>;

const CHECK_MS = 500;
/** A check that is this late shows that the primary itself was stalled. */
const LATE_MS = 1_000;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
/** A worker that was ready for this long started successfully. */
const PROVEN_MS = 30_000;

type Running = Readonly<{ process: ForkedWorker; monitor: WorkerMonitor }>;

/** Runs a worker in a slot. One that ends is replaced after 1 s, or after up to 30 s if it fails repeatedly. */
export function superviseWorker(options: SupervisorOptions): SupervisedWorker {
  const { slot, logger, nowMs, later } = options;
  let running: Running | null = null;
  let failures = 0;
  let stopRequestedMs: number | null = null;
  let cancelStart = (): void => undefined;

  const start = (): void => {
    const monitor = createWorkerMonitor((question) => process.ask(question), nowMs, later);
    const onListening = (): void => {
      monitor.listening();
      options.onListening();
    };
    const process = options.fork({ onMessage: monitor.received, onListening });
    const started = { process, monitor };
    running = started;
    logger.info(failures === 0 ? 'worker-started' : 'worker-replaced', { worker: slot, pid: process.pid });
    const cancelChecks = checkRegularly(options, started, () => stopRequestedMs);
    void process.ended.then((end) => {
      cancelChecks();
      monitor.ended();
      running = null;
      options.onEnded(end, monitor.metrics());
      if (stopRequestedMs === null) replace(started, end);
    });
  };

  const replace = ({ process, monitor }: Running, { reason }: WorkerEnd): void => {
    if (monitor.readyForMs() >= PROVEN_MS) failures = 0;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, MAX_PAUSE_MS);
    failures += 1;
    const hint = `It is replaced in ${pauseMs / 1_000} s`;
    logger.error('worker-ended', { worker: slot, pid: process.pid, reason, hint });
    cancelStart = later(start, pauseMs);
  };

  start();
  return {
    state: () => {
      if (running?.monitor.isUnresponsive()) return { slot, kind: 'unresponsive' };
      const readiness = running?.monitor.readiness() ?? null;
      if (readiness !== null) return { slot, kind: 'present', readiness };
      return { slot, kind: failures === 0 ? 'starting' : 'absent' };
    },
    refreshMetrics: async () => running?.monitor.refreshMetrics(),
    metrics: () => running?.monitor.metrics() ?? null,
    stop: async () => {
      stopRequestedMs ??= nowMs();
      cancelStart();
      if (running === null) return;
      running.process.kill('SIGTERM');
      await running.process.ended;
    },
  };
}

/** Logs when a worker becomes unresponsive and when it recovers, and kills it if it would delay a stop for too long. */
function checkRegularly(
  options: SupervisorOptions,
  { process, monitor }: Running,
  stopRequestedMs: () => number | null,
): () => void {
  const { slot, logger, nowMs, later } = options;
  const who = { worker: slot, pid: process.pid };
  let silentSinceMs: number | null = null;
  let isKilled = false;
  let checkedMs = nowMs();

  const check = (): void => {
    if (nowMs() - checkedMs > CHECK_MS + LATE_MS) monitor.forgiveSilence();
    checkedMs = nowMs();
    if (silentSinceMs === null && monitor.isUnresponsive()) {
      silentSinceMs = nowMs() - monitor.silentMs();
      logger.error('worker-stands-still', who);
    } else if (silentSinceMs !== null && !monitor.isUnresponsive()) {
      logger.info('worker-goes-on', { ...who, durationMs: Math.round(nowMs() - silentSinceMs) });
      silentSinceMs = null;
    }
    const requestedMs = stopRequestedMs();
    if (requestedMs !== null && !isKilled) killIfNeeded(nowMs() - requestedMs);
    cancel = later(check, CHECK_MS);
  };
  const killIfNeeded = (stoppingMs: number): void => {
    const isUnresponsive = Math.min(monitor.silentMs(), stoppingMs) > UNRESPONSIVE_MS;
    if (!isUnresponsive && stoppingMs <= options.stopWithinMs) return;
    isKilled = true;
    logger.error('worker-killed', { ...who, reason: isUnresponsive ? 'not responding' : 'takes too long to stop' });
    process.kill('SIGKILL');
  };
  let cancel = later(check, CHECK_MS);
  return () => cancel();
}
