import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** The process of a contestant. */
export type Server = Readonly<{
  startedMs: number;
  /** Its peak memory so far, in MB (VmHWM of Linux). */
  peakMb: () => number;
  stop: () => Promise<void>;
}>;

/** Starts `command` with `environment` and PATH only. Its standard error is printed. */
export function startServer(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Server {
  const child: ChildProcess = spawn(command, [...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return {
    startedMs: performance.now(),
    peakMb: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024);
    },
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/** The body of a 200, or null for any other answer or none. */
export async function fetchBody(url: string, headers: Readonly<Record<string, string>> = {}): Promise<string | null> {
  const response = await fetch(url, { headers }).catch(() => null);
  return response?.status === 200 ? response.text() : null;
}

/** Calls `poll` every `everyMs` until its result is not null. */
export async function until<T>(poll: () => Promise<T | null>, everyMs: number, withinMs = 300_000): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const result = await poll();
    if (result !== null) return result;
    if (performance.now() > endMs) throw new Error(`Nothing after ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
