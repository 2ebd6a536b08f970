import type { Cluster, Worker } from 'node:cluster';
import { isWorkerMessage, type WorkerMessage, type WorkerQuestion } from './worker-messages.ts';

/** How a worker ended. `code` is null where a signal ended it, or where it could not be started at all. */
export type WorkerEnd = Readonly<{ code: number | null; reason: string }>;

/** A process of the cluster, as its keeper sees it. */
export type ForkedWorker = Readonly<{
  /** Null: it could not be started. */
  pid: number | null;
  ask: (question: WorkerQuestion) => void;
  kill: (signal: 'SIGTERM' | 'SIGKILL') => void;
  ended: Promise<WorkerEnd>;
}>;

export type WorkerEvents = Readonly<{ onMessage: (message: WorkerMessage) => void; onListening: () => void }>;

/** Starts a process. Never throws: where the system has none to give, it is one that has ended. */
export function forkWorker(
  cluster: Pick<Cluster, 'fork'>,
  environment: Readonly<Record<string, string>>,
  { onMessage, onListening }: WorkerEvents,
): ForkedWorker {
  let worker: Worker;
  try {
    worker = cluster.fork(environment);
  } catch (error) {
    return { pid: null, ask: () => undefined, kill: () => undefined, ended: Promise.resolve(neverStarted(error)) };
  }
  const ended = Promise.withResolvers<WorkerEnd>();
  worker.once('exit', (code: number | null, signal: string | null) =>
    ended.resolve(signal ? { code: null, reason: signal } : { code, reason: `exit code ${code}` }),
  );
  worker.on('error', (error) => {
    if (worker.process.pid === undefined) ended.resolve(neverStarted(error));
  });
  worker.on('listening', onListening);
  worker.on('message', (message: unknown) => {
    if (isWorkerMessage(message)) onMessage(message);
  });
  return {
    pid: worker.process.pid ?? null,
    // A worker that is ending takes no question: its end is the answer.
    ask: (question) => void (worker.isConnected() && worker.send(question, () => undefined)),
    kill: (signal) => void worker.process.kill(signal),
    ended: ended.promise,
  };
}

const neverStarted = (error: unknown): WorkerEnd => ({
  code: null,
  reason: error instanceof Error ? error.message : String(error),
});
