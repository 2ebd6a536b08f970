import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endProcess } from '../stack/end-process.ts';
import { identify, isAlive, type ProcessIdentity } from '../stack/process-identity.ts';
import { waitUntil } from '../stack/wait-until.ts';

/** What a start has started, on disk, so that the next one can clean up after one that was killed. */
type Entry = Readonly<{
  launcher: ProcessIdentity | null;
  /** npm, which the launcher does not outlive; null when it was not started by npm. */
  npm: ProcessIdentity | null;
  servers: readonly Readonly<ProcessIdentity & { name: string }>[];
  /** Whether containers were started. */
  containers: boolean;
}>;

/** `busy`: another start is running, as this process. `cleaned`: what an earlier one left was ended. */
export type Recovery = Readonly<{ busy: number | null; cleaned: readonly string[]; containers: boolean }>;

export type Ledger = Readonly<{
  /** Looks for what an earlier start left, and ends it: what was started last ends first. */
  recover: () => Promise<Recovery>;
  /** Takes over: from here on this process is the one that runs. */
  open: (containers: boolean) => void;
  add: (name: string, server: ProcessIdentity) => void;
  /** Everything has been stopped. */
  close: () => void;
}>;

const EMPTY: Entry = { launcher: null, npm: null, servers: [], containers: false };

/** The ledger of a data directory. A process is known by its number and the moment it started, so no other one is ever ended. */
export function createLedger(dataDirectory: string, npmPid: number | null): Ledger {
  const file = join(dataDirectory, 'processes.json');
  let entry = EMPTY;

  const write = () => {
    mkdirSync(dataDirectory, { recursive: true });
    writeFileSync(`${file}.new`, JSON.stringify(entry));
    renameSync(`${file}.new`, file);
  };

  return {
    recover: async () => {
      const left = read(file);
      if (left === null) return { busy: null, cleaned: [], containers: false };
      if (
        left.launcher !== null &&
        !(await waitUntil(() => !isRunning(left), 12_000, { giveUp: () => !isEnding(left) }))
      ) {
        return { busy: left.launcher.pid, cleaned: [], containers: false };
      }
      const alive = left.servers.filter(isAlive).toReversed();
      for (const server of alive) await endProcess(server, 3_000);
      return { busy: null, cleaned: alive.map(({ name }) => name), containers: left.containers };
    },
    open: (containers) => {
      entry = { ...EMPTY, launcher: identify(process.pid), npm: npmPid === null ? null : identify(npmPid), containers };
      write();
    },
    add: (name, server) => {
      entry = { ...entry, servers: [...entry.servers, { name, ...server }] };
      write();
    },
    close: () => rmSync(file, { force: true }),
  };
}

const isRunning = ({ launcher }: Entry): boolean => launcher !== null && isAlive(launcher);

/** Its npm is gone, so it is stopping by itself. */
const isEnding = ({ npm }: Entry): boolean => npm !== null && !isAlive(npm);

/** Null: none, or one that was cut off while it was written, which renaming makes impossible short of a broken disk. */
function read(file: string): Entry | null {
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
