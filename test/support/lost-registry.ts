import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JavaStack } from '../../dev/stack/java-stack.ts';
import { eventually } from './eventually.ts';

/** What may become of the registry of a stack whose Kafka goes on. */
export type LostRegistry = Readonly<{
  /** Copies its data; it is away for a moment. */
  backUp: () => Promise<void>;
  /** It is empty, as after its volume was removed. */
  wipe: () => Promise<void>;
  /** It is empty, and somebody else registers first: the ids mean other schemas. */
  dealAnew: () => Promise<void>;
  /** It has the data of the copy again. */
  restoreBackup: () => Promise<void>;
  /** Connections stay open, and nothing answers. */
  freeze: () => void;
  thaw: () => void;
}>;

/** `directory` is the stack's data directory. */
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
