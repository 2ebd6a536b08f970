import type { Environment } from '../config/settings.ts';
import { errorFields, type Logger } from '../observability/logger.ts';
import { summaryOf } from '../observability/summarise.ts';

/** How long a service may take to stop, in milliseconds; an orchestrator must wait longer. */
export const STOP_WITHIN_MS = 25_000;

/** A running service. */
export type Running = Readonly<{
  /**
   * Stops taking work, finishes what was taken, closes. Must settle by itself. Resolves to 'stuck' where a disk does not let go of the process: an exit would wait for it for
   * as long as it stands still.
   */
  stop: () => Promise<unknown>;
  /** Settles only if the service cannot go on; the process then exits 1, as a corpse that looks alive helps nobody. */
  failed: Promise<Error>;
}>;

type Process = Pick<NodeJS.Process, 'env' | 'once' | 'exit' | 'stderr' | 'kill' | 'pid'>;

/**
 * Runs a service for the life of the process: SIGTERM and SIGINT stop it and exit 0 (1 if stopping takes longer than
 * `stopWithinMs`), a failure to start prints what is wrong and exits 1. Called by main.ts, which hands in `process`.
 */
export async function host(
  process: Process,
  start: (environment: Environment) => Promise<Running & { logger: Logger }>,
  stopWithinMs = STOP_WITHIN_MS,
): Promise<void> {
  const signalled = new Promise<string>((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => resolve('SIGINT'));
  });
  const started = start(process.env);
  const running = await Promise.race([started, signalled]).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return process.exit(1);
  });
  if (typeof running === 'string') return process.exit(0);

  const ended = await Promise.race([signalled, running.failed]);
  const { logger } = running;
  if (ended instanceof Error) logger.fatal('service-failed', errorFields(ended));
  else logger.info('service-stopping', { signal: ended });
  // What was counted since the last minute ended is told now, and what comes while it stops in lines of its own.
  const tellCounted = (): void => summaryOf(logger).close();
  tellCounted();
  const timer = setTimeout(() => {
    tellCounted();
    logger.fatal('service-stop-timed-out', { durationMs: stopWithinMs });
    process.exit(1);
  }, stopWithinMs);
  let outcome: unknown;
  try {
    outcome = await running.stop();
  } catch (error) {
    logger.fatal('service-stop-failed', errorFields(error));
    return process.exit(1);
  } finally {
    clearTimeout(timer);
  }
  tellCounted();
  logger.info('service-stopped');
  if (outcome === 'stuck') {
    logger.warn('service-killed', { hint: 'The disk stands still, and an exit would wait for it' });
    process.kill(process.pid, 'SIGKILL');
  }
  process.exit(ended instanceof Error ? 1 : 0);
}
