import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { eventually } from './eventually.ts';
import type { ServiceProcess } from './service-process.ts';

/** A turn of an event loop, in milliseconds. */
export type Turn = Readonly<{
  /** Since 1970. */
  endedMs: number;
  tookMs: number;
  /** Without the time in which other processes kept it from running. */
  blockedMs: number;
  /** In which it computed. */
  ranMs: number;
}>;

/** How a process is: bytes after garbage was collected, open connections, and its longest turns since it was asked before. */
export type Vitals = Readonly<{
  longestTurns: readonly Turn[];
  heapUsed: number;
  external: number;
  rss: number;
  connections: number;
}>;

/** What lets a service be asked for its vitals, in its environment. */
export const vitalsEnvironment = (file: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--disable-warning=TimeoutNegativeWarning --import=${pathToFileURL(join(import.meta.dirname, 'shims/vitals.mjs'))}`,
  VITALS_FILE: file,
});

export async function vitalsOf({ child }: Pick<ServiceProcess, 'child'>, file: string): Promise<Vitals> {
  rmSync(file, { force: true });
  child.kill('SIGUSR2');
  return await eventually(() => readVitals(file), { what: () => `${file}` });
}

function readVitals(file: string): Vitals | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
