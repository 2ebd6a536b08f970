import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { eventually } from './eventually.ts';
import type { ServiceProcess } from './service-process.ts';

/** A turn of an event loop, in milliseconds. */
export type Turn = Readonly<{
  /** Unix milliseconds. */
  endedMs: number;
  tookMs: number;
  /** Without the time in which other processes kept it from running. */
  blockedMs: number;
  /** The time in which it computed. */
  ranMs: number;
}>;

/** The state of a process: bytes in use after garbage collection, open connections, and its longest turns since the last time. */
export type Vitals = Readonly<{
  longestTurns: readonly Turn[];
  heapUsed: number;
  external: number;
  rss: number;
  connections: number;
}>;

/** The environment variables that let a service report its vitals. */
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
