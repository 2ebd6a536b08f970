import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { endProcess, send } from './end-process.ts';
import { lastWords } from './last-words.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';
import { StackError } from './stack-error.ts';
import { waitUntil } from './wait-until.ts';

export type ServerProcessOptions = Readonly<{
  /** As people call it: `Kafka`, `ingress`. */
  name: string;
  command: string;
  args: readonly string[];
  environment: Readonly<Record<string, string>>;
  directory: string;
  /** Receives both outputs; appended to. */
  logFile: string;
  /** Runs before every start. */
  prepare?: () => Promise<void>;
  /** True once it can be worked with. */
  ready: () => boolean | Promise<boolean>;
  startWithinMs: number;
  /** How long SIGTERM may take before SIGKILL. */
  stopWithinMs: number;
  onSpawn?: ((name: string, identity: ProcessIdentity) => void) | undefined;
  /** It ended without being asked to, after it was ready. `said` is the last thing it wrote. */
  onDied?: ((name: string, how: string, said: string) => void) | undefined;
}>;

/** A server in a process of its own, which can be stopped, killed and started again with the same data on the same port. */
export type ServerProcess = Readonly<{
  name: string;
  logFile: string;
  /** Null: not running. */
  pid: () => number | null;
  /** Resolves once it is ready, or was told to stop. Throws StackError, with the last thing it wrote, when it ends first or takes too long. */
  start: () => Promise<void>;
  /** SIGTERM, then SIGKILL. */
  stop: () => Promise<void>;
  /** SIGKILL; resolves once it is gone. */
  kill: () => Promise<void>;
}>;

/**
 * The process gets a session of its own, so that Ctrl-C in a terminal reaches only the launcher, which then stops things in order; and it writes to a file,
 * so that it outlives a launcher that was killed without noticing.
 */
export function serverProcess(options: ServerProcessOptions): ServerProcess {
  const { name, logFile } = options;
  let running: { child: ChildProcess; identity: ProcessIdentity; exited: Promise<string> } | null = null;
  let asked = false;

  const start = async () => {
    if (running !== null) throw new Error(`${name} is running already`);
    asked = false;
    await options.prepare?.();
    if (asked) return;
    const { child, exited, logStart } = launch(options);
    let how: string | null = null;
    let isReady = false;
    const ended = exited.then((said) => {
      how = said;
      running = null;
      if (isReady && !asked) options.onDied?.(name, said, saidSince(logFile, logStart));
      return said;
    });
    if (child.pid === undefined) throw new StackError(`${name} could not be started: ${await exited}`);
    const identity = identify(child.pid) ?? { pid: child.pid, startedAt: '' };
    running = { child, identity, exited: ended };
    options.onSpawn?.(name, identity);
    isReady = await waitUntil(options.ready, options.startWithinMs, { giveUp: () => how !== null });
    if (isReady || asked) return;
    const why = how ?? `is not ready after ${options.startWithinMs / 1_000} s`;
    const said = saidSince(logFile, logStart);
    await end('SIGKILL');
    throw new StackError(`${name} ${why}${said === '' ? '' : `: ${said}`} (log: ${logFile})`);
  };

  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    asked = true;
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
