import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** A process, so that another one that was given the same number later is not taken for it. */
export type ProcessIdentity = Readonly<{ pid: number; startedAt: string }>;

/** When the process with this number started, as the system tells it (ticks since which boot, or a date). Null: there is none. */
export function startOf(pid: number): string | null {
  if (existsSync('/proc/self/stat')) {
    const fields = statFields(pid);
    if (fields === null || fields[0] === 'Z') return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  }
  return ps(pid, 'lstart=');
}

/** The number of the parent of this process. Null: there is no such process. */
export function parentOf(pid: number): number | null {
  const parent = existsSync('/proc/self/stat') ? statFields(pid)?.[1] : ps(pid, 'ppid=');
  return parent === undefined || parent === null ? null : Number(parent);
}

export const identify = (pid: number): ProcessIdentity | null => {
  const startedAt = startOf(pid);
  return startedAt === null ? null : { pid, startedAt };
};

export const isAlive = (process: ProcessIdentity): boolean => startOf(process.pid) === process.startedAt;

/** The fields of /proc/<pid>/stat behind the command's name, which may itself hold spaces: state, parent, … */
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
