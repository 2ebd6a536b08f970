import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { endProcess, send } from './end-process.ts';
import { lastWords } from './last-words.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';
import { StackError } from './stack-error.ts';
import { waitUntil } from './wait-until.ts';

export type ServerProcessOptions = Readonly<{
  /** For messages to people: `Kafka`, `ingress`. */
  name: string;
  command: string;
  args: readonly string[];
  environment: Readonly<Record<string, string>>;
  directory: string;
  /** Standard output and standard error are appended to it. */
  logFile: string;
  /** Runs before every start. */
  prepare?: () => Promise<void>;
  /** True once the server can be used. */
  ready: () => boolean | Promise<boolean>;
  startWithinMs: number;
  /** How long SIGTERM may take before SIGKILL. */
  stopWithinMs: number;
  onSpawn?: ((name: string, identity: ProcessIdentity) => void) | undefined;
  /** Called when it ends unexpectedly after it was ready. `said` is its last output. */
  onDied?: ((name: string, how: string, said: string) => void) | undefined;
}>;

/** A server in a process of its own. It can be stopped, killed and started again with the same data on the same port. */
export type ServerProcess = Readonly<{
  name: string;
  logFile: string;
  /** Null if it is not running. */
  pid: () => number | null;
  /** Resolves once it is ready, or `stop` was called. Throws StackError with its last output if it ends first or takes too long. */
  start: () => Promise<void>;
  /** Sends SIGTERM, then SIGKILL. */
  stop: () => Promise<void>;
  /** Sends SIGKILL and resolves once it has ended. */
  kill: () => Promise<void>;
}>;

/**
 * The process gets a session of its own, so that Ctrl-C in a terminal reaches only the launcher, which then stops everything in order. It writes to a file and not to
 * a pipe, so that it can go on if the launcher is killed.
 */
export function serverProcess(options: ServerProcessOptions): ServerProcess {
  const { name, logFile } = options;
  let running: { child: ChildProcess; identity: ProcessIdentity; exited: Promise<string> } | null = null;
  let stopRequested = false;

  const start = async () => {
    if (running !== null) throw new Error(`${name} is running already`);
    stopRequested = false;
    await options.prepare?.();
    if (stopRequested) return;
    const { child, exited, logStart } = launch(options);
    let how: string | null = null;
    let isReady = false;
    const ended = exited.then((said) => {
      how = said;
      running = null;
      if (isReady && !stopRequested) options.onDied?.(name, said, saidSince(logFile, logStart));
      return said;
    });
    if (child.pid === undefined) throw new StackError(`${name} could not be started: ${await exited}`);
    const identity = identify(child.pid) ?? { pid: child.pid, startedAt: '' };
    running = { child, identity, exited: ended };
    options.onSpawn?.(name, identity);
    isReady = await waitUntil(options.ready, options.startWithinMs, { giveUp: () => how !== null });
    if (isReady || stopRequested) return;
    const why = how ?? `is not ready after ${options.startWithinMs / 1_000} s`;
    const said = saidSince(logFile, logStart);
    await end('SIGKILL');
    throw new StackError(`${name} ${why}${said === '' ? '' : `: ${said}`} (log: ${logFile})`);
  };

  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    stopRequested = true;
    if (running === null) return;
    const { identity, exited } = running;
    if (signal === 'SIGTERM') await endProcess(identity, options.stopWithinMs);
    else send(identity, 'SIGKILL');
    await exited;
  };

  return {
    name,
    logFile,
    pid: () => running?.identity.pid ?? null,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

function launch({ command, args, environment, directory, logFile }: ServerProcessOptions) {
  mkdirSync(dirname(logFile), { recursive: true });
  mkdirSync(directory, { recursive: true });
  const log = openSync(logFile, 'a');
  const logStart = statSync(logFile).size;
  const child = spawn(command, args, {
    cwd: directory,
    env: environment,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    );
  });
  return { child, exited, logStart };
}

const saidSince = (logFile: string, from: number): string =>
  lastWords(readFileSync(logFile).subarray(from).toString('utf8'));
