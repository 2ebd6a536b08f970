import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endProcess } from '../stack/end-process.ts';
import { identify, isAlive, type ProcessIdentity } from '../stack/process-identity.ts';
import { waitUntil } from '../stack/wait-until.ts';

/** The processes of a start, recorded on disk so that the next start can clean up if this one is killed. */
type Entry = Readonly<{
  launcher: ProcessIdentity | null;
  /** npm, which the launcher does not outlive. Null if npm did not start it. */
  npm: ProcessIdentity | null;
  servers: readonly Readonly<ProcessIdentity & { name: string }>[];
  /** Whether containers were started. */
  containers: boolean;
}>;

/** `busy` is the pid of another start that is running, or null. `cleaned` names the servers of an earlier start that were ended. */
export type Recovery = Readonly<{ busy: number | null; cleaned: readonly string[]; containers: boolean }>;

export type Ledger = Readonly<{
  /** Ends the processes that an earlier start left behind, last started first. */
  recover: () => Promise<Recovery>;
  /** Records this process as the one that is running. */
  open: (containers: boolean) => void;
  add: (name: string, server: ProcessIdentity) => void;
  /** Call this when everything has been stopped. */
  close: () => void;
}>;

const EMPTY: Entry = { launcher: null, npm: null, servers: [], containers: false };

/** The ledger of a data directory. It identifies a process by its pid and start time, so it never ends another one. */
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

/** The launcher stops by itself once its npm has ended. */
const isEnding = ({ npm }: Entry): boolean => npm !== null && !isAlive(npm);

/** Null if there is none, or if it is broken, which can happen only with a broken disk because the file is replaced by a rename. */
function read(file: string): Entry | null {
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
