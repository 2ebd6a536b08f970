import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JavaStack } from '../../dev/stack/java-stack.ts';
import { eventually } from './eventually.ts';

/** Things that may happen to the registry of a stack whose Kafka keeps running. */
export type LostRegistry = Readonly<{
  /** Copies its data. It is unavailable for a moment. */
  backUp: () => Promise<void>;
  /** Empties it, as if its volume had been removed. */
  wipe: () => Promise<void>;
  /** Empties it and lets another client register first, so that the ids mean other schemas. */
  dealAnew: () => Promise<void>;
  /** Restores the data of the copy. */
  restoreBackup: () => Promise<void>;
  /** Freezes it: connections stay open, and nothing answers. */
  freeze: () => void;
  thaw: () => void;
}>;

/** `directory` is the data directory of the stack. */
export function lostRegistry(stack: JavaStack, directory: string): LostRegistry {
  const own = join(directory, 'registry');
  const copy = join(directory, 'registry-backup');
  const changed = async (change: () => void): Promise<void> => {
    await stack.registry.stop();
    change();
    await stack.registry.start();
  };
  const signal = (name: 'SIGSTOP' | 'SIGCONT'): void => {
    const pid = stack.registry.pid();
    if (pid !== null) process.kill(pid, name);
  };
  const wipe = () => changed(() => rmSync(own, { recursive: true, force: true }));
  const registerOther = async (index: number): Promise<void> => {
    const schema = { type: 'record', name: `Other${index}`, fields: [{ name: `field${index}`, type: 'long' }] };
    const answer = await fetch(`${stack.registryUrl}/subjects/other-${index}-value/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ schema: JSON.stringify(schema) }),
    });
    if (answer.status !== 200) throw new Error(`The registry answered ${answer.status}: ${await answer.text()}`);
  };
  return {
    backUp: () => changed(() => cpSync(own, copy, { recursive: true })),
    wipe,
    dealAnew: async () => {
      await wipe();
      for (let index = 1; index <= 5; index += 1) await eventually(() => registerOther(index).then(() => true));
    },
    restoreBackup: () =>
      changed(() => {
        rmSync(own, { recursive: true, force: true });
        cpSync(copy, own, { recursive: true });
      }),
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
  };
}
