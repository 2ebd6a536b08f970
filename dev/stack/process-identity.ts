import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Identifies a process by more than its pid, because a later process can get the same pid. */
export type ProcessIdentity = Readonly<{ pid: number; startedAt: string }>;

/** When the process with this pid started, as the system reports it: boot id and ticks since boot, or a date. Null if there is no such process. */
export function startOf(pid: number): string | null {
  if (existsSync('/proc/self/stat')) {
    const fields = statFields(pid);
    if (fields === null || fields[0] === 'Z') return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  }
  return ps(pid, 'lstart=');
}

/** The pid of the parent of this process. Null if there is no such process. */
export function parentOf(pid: number): number | null {
  const parent = existsSync('/proc/self/stat') ? statFields(pid)?.[1] : ps(pid, 'ppid=');
  return parent === undefined || parent === null ? null : Number(parent);
}

export const identify = (pid: number): ProcessIdentity | null => {
  const startedAt = startOf(pid);
  return startedAt === null ? null : { pid, startedAt };
};

export const isAlive = (process: ProcessIdentity): boolean => startOf(process.pid) === process.startedAt;

/** The fields of /proc/<pid>/stat after the command's name, which may itself contain spaces: state, parent, … */
function statFields(pid: number): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function ps(pid: number, field: string): string | null {
  try {
    return execFileSync('ps', ['-o', field, '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}
