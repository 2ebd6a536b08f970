import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Publisher } from '../shared/kafka/publisher/publisher.ts';
import { errorFields, type Logger } from '../shared/observability/logger.ts';
import { openSpool, type Spool } from '../shared/spool/spool.ts';
import type { IngressConfig } from './config.ts';
import type { WorkerSlot } from './worker-slot.ts';

/** The spool of a process, and those it adopted, seen as one. */
export type Spools = Pick<Spool, 'append' | 'holds' | 'hasRoom' | 'state' | 'close'>;

/**
 * Opens `<SPOOL_DIRECTORY>/worker-<slot>`, and adopts the spools of slots that no process has now (there were more
 * workers before): they are drained and removed. Null where no directory is set.
 */
export async function openSpools(
  settings: IngressConfig['spool'],
  worker: WorkerSlot,
  publisher: Pick<Publisher, 'publish' | 'state'>,
  logger: Logger,
): Promise<Spools | null> {
  const { directory, maxBytes } = settings;
  if (directory === null) return null;
  mkdirSync(directory, { recursive: true });
  const open = (path: string): Promise<Spool> =>
    openSpool({
      directory: path,
      maxBytes,
      publish: publisher.publish,
      kafkaIsUp: () => publisher.state().up,
      now: Date.now,
      onProblem: (event, error) => logger.error(event, errorFields(error)),
    });

  const own = await open(join(directory, `worker-${worker.slot}`));
  const adopted = new Set<Spool>();
  for (const path of absentSlots(directory, worker)) {
    const spool = await open(path);
    adopted.add(spool);
    logger.info('spool-adopted', { records: spool.state().records, worker: worker.slot });
    void spool.drained().then(async () => {
      if (!adopted.delete(spool)) return;
      await spool.close();
      rmSync(path, { recursive: true, force: true });
    });
  }
  return together(own, adopted);
}

/** Folders of slots beyond those in use, shared out evenly among the workers. */
function absentSlots(directory: string, { slot, workers }: WorkerSlot): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => /^worker-\d+$/.test(name))
    .map((name) => ({ name, index: Number(name.slice('worker-'.length)) }))
    .filter(({ index }) => index >= workers && index % workers === slot)
    .map(({ name }) => join(directory, name));
}

function together(own: Spool, adopted: Set<Spool>): Spools {
  return {
    append: own.append,
    holds: (partition) => own.holds(partition) || [...adopted].some((spool) => spool.holds(partition)),
    hasRoom: own.hasRoom,
    state: () => {
      const states = [own, ...adopted].map((spool) => spool.state());
      const ages = states.flatMap(({ oldestAgeMs }) => (oldestAgeMs === null ? [] : [oldestAgeMs]));
      return {
        records: states.reduce((sum, { records }) => sum + records, 0),
        bytes: states.reduce((sum, { bytes }) => sum + bytes, 0),
        oldestAgeMs: ages.length === 0 ? null : Math.max(...ages),
      };
    },
    close: async () => {
      const all = [own, ...adopted];
      adopted.clear();
      await Promise.all(all.map((spool) => spool.close()));
    },
  };
}
