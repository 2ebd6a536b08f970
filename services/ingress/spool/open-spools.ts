import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { OutgoingRecord } from '../../shared/kafka/publisher/outgoing-record.ts';
import type { Publisher } from '../../shared/kafka/publisher/publisher.ts';
import { errorFields, type Logger } from '../../shared/observability/logger.ts';
import type { IngressConfig } from '../config.ts';
import type { WorkerSlot } from '../workers/worker-slot.ts';
import { monotonicNow } from './monotonic-now.ts';
import { openSpool, type Spool } from './spool.ts';
import type { SpoolObserver } from './spool-observer.ts';
import { watchSpool } from './watch-spool.ts';

/** A process's own spool, and those it adopted or waits for, combined. */
export type Spools = Pick<Spool, 'append' | 'holds' | 'holdsAny' | 'problem' | 'state' | 'close'>;

/** A spool that must be drained before this process's own; `spool` is null if another worker drains it. */
type Predecessor = Readonly<{ holds: (place: string) => boolean; close: Spool['close']; spool: Spool | null }>;

export type SpoolsOptions = Readonly<{
  settings: IngressConfig['spool'] & Readonly<{ directory: string }>;
  worker: WorkerSlot;
  publisher: Pick<Publisher, 'publishAll' | 'isUp'>;
  /** Whether anything may be published now. */
  mayPublish: () => boolean;
  /** The current partition of a key: records may have been stored under another number of partitions. */
  partitionOf: (key: string) => number;
  observer: SpoolObserver;
  logger: Logger;
}>;

/**
 * Opens `<SPOOL_DIRECTORY>/worker-<slot>`, and adopts spools that no worker owns because there were more workers before: they are drained and removed. While
 * events of a key wait in an adopted spool, whichever worker drains it, newer events of that key queue behind them.
 */
export function openSpools(options: SpoolsOptions): Spools {
  const { worker, publisher, mayPublish, partitionOf, observer, logger } = options;
  const { directory, maxBytes } = options.settings;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const adapt = (record: OutgoingRecord): OutgoingRecord =>
    record.key === null ? record : { ...record, partition: partitionOf(record.key) };
  const predecessors = new Set<Predecessor>();
  const waitsInPredecessor = (place: string): boolean =>
    [...predecessors].some((predecessor) => predecessor.holds(place));
  const open = (path: string, waitsElsewhere: (place: string) => boolean): Spool =>
    openSpool({
      directory: path,
      maxBytes,
      publishAll: publisher.publishAll,
      mayPublish: (topic) => mayPublish() && publisher.isUp(topic),
      waitsElsewhere,
      adapt,
      now: monotonicNow,
      observer,
    });

  for (const { path, slot } of orphanedSpools(directory, worker)) {
    if (slot % worker.workers !== worker.slot) {
      const { holds, stop } = watchSpool(path, adapt);
      const close: Spool['close'] = async () => {
        stop();
        return 'closed';
      };
      predecessors.add({ holds, close, spool: null });
      continue;
    }
    const spool = open(path, () => false);
    const predecessor = { holds: spool.holds, close: spool.close, spool };
    predecessors.add(predecessor);
    logger.info('spool-adopted', { bytes: spool.state().bytes, worker: worker.slot });
    void spool
      .drained()
      .then(async () => {
        if (!predecessors.delete(predecessor)) return;
        await spool.close();
        // Damaged files are kept for someone to inspect.
        if (readdirSync(path).every((name) => !name.endsWith('.damaged')))
          rmSync(path, { recursive: true, force: true });
      })
      .catch((error: unknown) => logger.error('spool-not-removed', errorFields(error)));
  }
  return combine(open(join(directory, `worker-${worker.slot}`), waitsInPredecessor), predecessors);
}

/** The spools of slots beyond the current number of workers. */
function orphanedSpools(
  directory: string,
  { workers }: WorkerSlot,
): readonly Readonly<{ path: string; slot: number }>[] {
  return readdirSync(directory)
    .filter((name) => /^worker-\d+$/.test(name))
    .map((name) => ({ path: join(directory, name), slot: Number(name.slice('worker-'.length)) }))
    .filter(({ slot }) => slot >= workers);
}

function combine(own: Spool, predecessors: Set<Predecessor>): Spools {
  const all = (): readonly Spool[] => [own, ...[...predecessors].flatMap(({ spool }) => spool ?? [])];
  return {
    append: own.append,
    holds: (place) => own.holds(place) || [...predecessors].some((predecessor) => predecessor.holds(place)),
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
      const closing = [own.close(), ...[...predecessors].map((predecessor) => predecessor.close())];
      predecessors.clear();
      const outcomes = await Promise.all(closing);
      return outcomes.includes('stuck') ? 'stuck' : 'closed';
    },
  };
}
