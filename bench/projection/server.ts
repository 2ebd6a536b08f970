import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** A contestant's process, started a moment ago. */
export type Server = Readonly<{
  startedMs: number;
  /** Most memory it held so far, in MB (VmHWM of Linux). */
  peakMb: () => number;
  stop: () => Promise<void>;
}>;

/** Starts `command` with `environment` and PATH, nothing else. What it writes to standard error is shown. */
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

/** The body of a 200, or null for anything else. */
export async function got(url: string, headers: Readonly<Record<string, string>> = {}): Promise<string | null> {
  const response = await fetch(url, { headers }).catch(() => null);
  return response?.status === 200 ? response.text() : null;
}

/** Asks until the answer is not null, every `everyMs`. */
export async function until<T>(ask: () => Promise<T | null>, everyMs: number, withinMs = 300_000): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > endMs) throw new Error(`Waited ${withinMs} ms in vain`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
