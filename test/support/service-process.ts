import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { nodeFlags } from '../../dev/start/node-flags.ts';
import { eventually } from './eventually.ts';

const root = join(import.meta.dirname, '../..');

/** A service as its own process, as in production. */
export type ServiceProcess = Readonly<{
  child: ChildProcess;
  /** All it wrote to standard output and error so far. */
  output: () => string;
  /** Sends a signal and waits for the end; returns the exit code, or null where the signal ended it. */
  end: (signal?: NodeJS.Signals) => Promise<number | null>;
}>;

/** Starts `node services/<name>/main.ts` as `npm start` does, with nothing of this process's environment but PATH. */
export function startProcess(
  entry: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): ServiceProcess {
  const child = spawn(process.execPath, [...nodeFlags, join(root, entry), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const exited = once(child, 'exit');
  return {
    child,
    output: () => output,
    end: async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await exited;
      }
      return child.exitCode;
    },
  };
}

/** Waits until `url` answers 200; fails at once, with what the process said, if it ends before. */
export async function untilReady(service: ServiceProcess, url: string, deadlineMs = 60_000): Promise<void> {
  await eventually(
    async () => {
      if (service.child.exitCode !== null) return 'ended';
      const response = await fetch(url).catch(() => null);
      return response?.status === 200 ? 'ready' : null;
    },
    { deadlineMs, what: () => `${url} to answer 200; the service said:\n${service.output()}` },
  ).then((state) => {
    if (state === 'ended') throw new Error(`The service ended (${service.child.exitCode}):\n${service.output()}`);
  });
}

/** What `/readyz` answers: the status, then the body. Rejects where nothing answers. */
export async function readinessOf({ adminUrl }: Readonly<{ adminUrl: string }>): Promise<string> {
  const response = await fetch(`${adminUrl}/readyz`);
  return `${response.status} ${await response.text()}`;
}

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port');
  return address.port;
}
