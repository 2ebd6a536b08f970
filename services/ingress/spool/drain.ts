import { setTimeout } from 'node:timers/promises';
import { createDrainBatch, type DrainBatchOptions, RETRY_MS } from './drain-batch.ts';
import { createSetAside } from './set-aside.ts';
import type { SpoolStore } from './spool-store.ts';

/** Sends to Kafka what is on disk, batch by batch. */
export type Drain = Readonly<{
  /** Resumes if records are waiting. */
  wake: () => void;
  /** When the oldest record on disk was stored, in Unix milliseconds; null if there is none. */
  oldestMs: () => number | null;
  /** How many records are set aside. */
  aside: () => number;
  /** Resolves once no record is on disk, immediately if there is none. */
  drained: () => Promise<void>;
  /** Resolves after the current batch. */
  stop: () => Promise<void>;
}>;

export type DrainOptions = Omit<DrainBatchOptions, 'store'> &
  Readonly<{ store: DrainBatchOptions['store'] & Pick<SpoolStore, 'oldestMs'> }>;

export function createDrain(options: DrainOptions): Drain {
  const { store, waiting, observer } = options;
  const setAside = createSetAside(observer);
  const drainBatch = createDrainBatch(options, setAside);
  let stopping = false;
  let running: Promise<void> | null = null;
  let emptied = Promise.withResolvers<void>();
  const isEmpty = (): boolean => waiting.size + setAside.count() === 0;

  const run = async (): Promise<void> => {
    while (waiting.size > 0 && !stopping) {
      if (!(await drainBatch())) await setTimeout(RETRY_MS);
    }
    running = null;
    if (isEmpty()) emptied.resolve();
  };

  return {
    wake: () => {
      if (waiting.size === 0 || stopping || running !== null) return;
      emptied = Promise.withResolvers<void>();
      running = run();
    },
    oldestMs: () => {
      const oldestMs = Math.min(store.oldestMs() ?? Number.POSITIVE_INFINITY, setAside.oldestMs());
      return Number.isFinite(oldestMs) ? oldestMs : null;
    },
    aside: setAside.count,
    drained: () => (isEmpty() ? Promise.resolve() : emptied.promise),
    stop: async () => {
      stopping = true;
      await running;
    },
  };
}
