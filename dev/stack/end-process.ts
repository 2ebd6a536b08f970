import { isAlive, type ProcessIdentity } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

/** Sends SIGTERM, and SIGKILL to what is still there after `withinMs`. Resolves once the process is gone: false if it had to be killed. */
export async function endProcess(target: ProcessIdentity, withinMs: number): Promise<boolean> {
  send(target, 'SIGTERM');
  if (await waitUntil(() => !isAlive(target), withinMs)) return true;
  send(target, 'SIGKILL');
  await waitUntil(() => !isAlive(target), 5_000);
  return false;
}

/** Sends a signal, unless the process is gone. */
export function send(target: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, signal);
  } catch {
    // It went in between.
  }
}
