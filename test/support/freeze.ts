import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { eventually } from './eventually.ts';

/** Freezes a process, its connections stay open. Resolves once it stands: after the signal alone it goes on until the system gets to it. */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await eventually(() => stateOf(pid) === 'T', { everyMs: 5, what: () => `process ${pid} to stand still` });
}

export const thaw = (pid: number): boolean => process.kill(pid, 'SIGCONT');

function stateOf(pid: number): string | undefined {
  if (process.platform !== 'linux')
    return execFileSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' })[0];
  // The name before it, in brackets, may hold anything.
  return /.*\) (\w)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
}
