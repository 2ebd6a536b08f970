import type { Environment } from '../config/settings.ts';
import { errorFields, type Logger } from '../observability/logger.ts';
import { summaryOf } from '../observability/summarise.ts';

/** How long a service may take to stop, in milliseconds. An orchestrator must wait longer than this before it kills the process. */
export const STOP_WITHIN_MS = 25_000;

/** A running service. */
export type Running = Readonly<{
  /**
   * Stops accepting work, finishes what was accepted, closes. Must settle by itself. Resolves to 'stuck' when a stalled disk still holds the process: an ordinary
   * exit would then wait for that disk.
   */
  stop: () => Promise<unknown>;
  /** Settles only if the service cannot go on; the process then exits 1, so that an orchestrator restarts it. */
  failed: Promise<Error>;
}>;

/** The parts of Node's `process` that hosting uses: main.ts passes it in, as it alone may read the environment and exit. */
type HostProcess = Pick<NodeJS.Process, 'env' | 'once' | 'exit' | 'stderr' | 'kill' | 'pid'>;

/**
 * Runs a service until the process ends. SIGTERM and SIGINT stop it and exit 0, or 1 if stopping takes longer than `stopWithinMs`. A failure to start is printed
 * and exits 1. Only main.ts calls this, with `process`.
 */
export async function host(
  hostProcess: HostProcess,
  start: (environment: Environment) => Promise<Running & { logger: Logger }>,
  stopWithinMs = STOP_WITHIN_MS,
): Promise<void> {
  const signalled = nextStopSignal(hostProcess);
  const running = await Promise.race([start(hostProcess.env), signalled]).catch((error: unknown) => {
    hostProcess.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return hostProcess.exit(1);
  });
  if (typeof running === 'string') return hostProcess.exit(0);

  const { logger } = running;
  const ended = await Promise.race([signalled, running.failed]);
  if (ended instanceof Error) logger.fatal('service-failed', errorFields(ended));
  else logger.info('service-stopping', { signal: ended });
  const outcome = await stopInTime(running, hostProcess, stopWithinMs);
  if (outcome === 'stuck') {
    logger.warn('service-killed', { hint: 'The disk is stalled, and an exit would wait for it' });
    hostProcess.kill(hostProcess.pid, 'SIGKILL');
  }
  hostProcess.exit(ended instanceof Error ? 1 : 0);
}

function nextStopSignal(hostProcess: HostProcess): Promise<string> {
  return new Promise<string>((resolve) => {
    hostProcess.once('SIGTERM', () => resolve('SIGTERM'));
    hostProcess.once('SIGINT', () => resolve('SIGINT'));
  });
}

/** Stops the service and returns what `stop` resolved to. Exits 1 if stopping fails or takes longer than `withinMs`. */
async function stopInTime(
  running: Running & { logger: Logger },
  hostProcess: HostProcess,
  withinMs: number,
): Promise<unknown> {
  const { logger } = running;
  // Closing the summary logs what was counted so far; events during the stop then get lines of their own.
  const logCounted = (): void => summaryOf(logger).close();
  logCounted();
  const timer = setTimeout(() => {
    logCounted();
    logger.fatal('service-stop-timed-out', { durationMs: withinMs });
    hostProcess.exit(1);
  }, withinMs);
  let outcome: unknown;
  try {
    outcome = await running.stop();
  } catch (error) {
    logger.fatal('service-stop-failed', errorFields(error));
    return hostProcess.exit(1);
  } finally {
    clearTimeout(timer);
  }
  logCounted();
  logger.info('service-stopped');
  return outcome;
}
