import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { OutgoingRecord } from '../shared/kafka/publisher/outgoing-record.ts';
import type { Publisher } from '../shared/kafka/publisher/publisher.ts';
import { errorFields, type Logger } from '../shared/observability/logger.ts';
import { openSpool, type Spool } from '../shared/spool/spool.ts';
import type { SpoolObserver } from '../shared/spool/spool-observer.ts';
import { steadyNow } from '../shared/spool/steady-now.ts';
import { watchSpool } from '../shared/spool/watch-spool.ts';
import type { IngressConfig } from './config.ts';
import type { WorkerSlot } from './worker-slot.ts';

/** The spool of a process, and those it adopted or waits for, seen as one. */
export type Spools = Pick<Spool, 'append' | 'holds' | 'holdsAny' | 'problem' | 'state' | 'close'>;

/** What comes before this process's own spool: one that it drains as well, or one that another worker drains. */
type Elder = Readonly<{ holds: (place: string) => boolean; close: Spool['close']; spool: Spool | null }>;

export type SpoolsOptions = Readonly<{
  settings: IngressConfig['spool'] & Readonly<{ directory: string }>;
  worker: WorkerSlot;
  publisher: Pick<Publisher, 'publishAll' | 'isUp'>;
  /** Whether anything may be published now. */
  mayPublish: () => boolean;
  /** The partition of a key today; records that were stored under another number of partitions go there. */
  partitionOf: (key: string) => number;
  observer: SpoolObserver;
  logger: Logger;
}>;

/**
 * Opens `<SPOOL_DIRECTORY>/worker-<slot>`, and adopts the spools of slots that no process has now (there were more workers before): they are drained and removed.
 * A key that waits in an adopted spool, whichever worker drains it, waits for that before new events of it go anywhere.
 */
export function openSpools(options: SpoolsOptions): Spools {
  const { worker, publisher, mayPublish, partitionOf, observer, logger } = options;
  const { directory, maxBytes } = options.settings;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const adapt = (record: OutgoingRecord): OutgoingRecord =>
    record.key === null ? record : { ...record, partition: partitionOf(record.key) };
  const elders = new Set<Elder>();
  const waitsForElder = (place: string): boolean => [...elders].some((elder) => elder.holds(place));
  const open = (path: string, waitsElsewhere: (place: string) => boolean): Spool =>
    openSpool({
      directory: path,
      maxBytes,
      publishAll: publisher.publishAll,
      mayPublish: (topic) => mayPublish() && publisher.isUp(topic),
      waitsElsewhere,
      adapt,
      now: steadyNow,
      observer,
    });

  for (const { path, slot } of absentSlots(directory, worker)) {
    if (slot % worker.workers !== worker.slot) {
      const { holds, stop } = watchSpool(path, adapt);
      const close: Spool['close'] = async () => {
        stop();
        return 'closed';
      };
      elders.add({ holds, close, spool: null });
      continue;
    }
    const spool = open(path, () => false);
    const elder = { holds: spool.holds, close: spool.close, spool };
    elders.add(elder);
    logger.info('spool-adopted', { bytes: spool.state().bytes, worker: worker.slot });
    void spool
      .drained()
      .then(async () => {
        if (!elders.delete(elder)) return;
        await spool.close();
        // What was damaged is kept for a person to look at.
        if (readdirSync(path).every((name) => !name.endsWith('.damaged')))
          rmSync(path, { recursive: true, force: true });
      })
      .catch((error: unknown) => logger.error('spool-not-removed', errorFields(error)));
  }
  return together(open(join(directory, `worker-${worker.slot}`), waitsForElder), elders);
}

/** Folders of slots beyond those in use. */
function absentSlots(directory: string, { workers }: WorkerSlot): readonly Readonly<{ path: string; slot: number }>[] {
  return readdirSync(directory)
    .filter((name) => /^worker-\d+$/.test(name))
    .map((name) => ({ path: join(directory, name), slot: Number(name.slice('worker-'.length)) }))
    .filter(({ slot }) => slot >= workers);
}

function together(own: Spool, elders: Set<Elder>): Spools {
  const all = (): readonly Spool[] => [own, ...[...elders].flatMap(({ spool }) => spool ?? [])];
  return {
    append: own.append,
    holds: (place) => own.holds(place) || [...elders].some((elder) => elder.holds(place)),
    holdsAny: () => all().some((spool) => spool.holdsAny()),
    problem: own.problem,
    state: () => {
      const states = all().map((spool) => spool.state());
      const ages = states.flatMap(({ oldestAgeMs }) => oldestAgeMs ?? []);
      return {
        records: states.reduce((sum, { records }) => sum + records, 0),
        bytes: states.reduce((sum, { bytes }) => sum + bytes, 0),
        oldestAgeMs: ages.length === 0 ? null : Math.max(...ages),
      };
    },
    close: async () => {
      const closing = [own.close(), ...[...elders].map((elder) => elder.close())];
      elders.clear();
      const outcomes = await Promise.all(closing);
      return outcomes.includes('stuck') ? 'stuck' : 'closed';
    },
  };
}
