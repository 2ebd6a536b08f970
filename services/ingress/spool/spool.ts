import { setTimeout } from 'node:timers/promises';
import { createBacklog } from './backlog.ts';
import { createDrain, type DrainOptions } from './drain.ts';
import { createSpoolIntake, type SpoolIntake } from './spool-intake.ts';
import { lockSpool } from './spool-lock.ts';
import { openSpoolStore, type SpoolStoreOptions } from './spool-store.ts';

/** `maxBytes`: the most bytes its folder takes. */
export type SpoolOptions = Pick<DrainOptions, 'publishAll' | 'mayPublish' | 'waitsElsewhere' | 'now' | 'observer'> &
  Pick<SpoolStoreOptions, 'directory' | 'maxBytes' | 'adapt'>;

/** A durable queue on local disk, for when Kafka is unavailable. */
export type Spool = Pick<SpoolIntake, 'append' | 'problem'> &
  Readonly<{
    /** Whether records of this place wait to be sent, or may while an earlier process's records are still being read. A new record must then queue behind them. */
    holds: (place: string) => boolean;
    holdsAny: () => boolean;
    /** Records on disk, the bytes they take, and the age of the oldest in milliseconds (null if there is none). */
    state: () => Readonly<{ records: number; bytes: number; oldestAgeMs: number | null }>;
    /** Resolves once no record is on disk, immediately if there is none. */
    drained: () => Promise<void>;
    /**
     * Stops draining after the current batch, then closes the store; waiting records are sent after the next start. `stuck`: the disk did not respond within
     * 2 s, and would block the exit of the process as well.
     */
    close: () => Promise<'closed' | 'stuck'>;
  }>;

const CLOSE_TIMEOUT_MS = 2_000;

/**
 * Opens the spool in `directory`, immediately for writing; what an earlier process left is then read and drained in the background. Records of a place reach
 * Kafka in order: the first one that Kafka does not accept holds up those behind it. A record is removed only after Kafka has it, so a crash in between may send
 * it twice, but never loses it.
 */
export function openSpool(options: SpoolOptions): Spool {
  const { directory, maxBytes, now, observer } = options;
  const lock = lockSpool(directory);
  const store = openSpoolStore({
    ...options,
    onLeftovers: observer.leftovers,
    onUnreadable: (error) => observer.failed('read', error),
  });
  const backlog = createBacklog(observer);
  let loaded = false;

  const drain = createDrain({ ...options, store, waiting: backlog.waiting, onSettled: backlog.remove });
  const onStored = (): void => {
    backlog.began();
    if (loaded) drain.wake();
  };
  const intake = createSpoolIntake({ directory, maxBytes, store, backlog, onStored, now, observer });
  const loading = store
    .load(({ pending }) => {
      for (const [place, records] of pending) backlog.add(place, records);
    })
    .catch((error: unknown) => observer.failed('read', error))
    .then(() => {
      loaded = true;
      if (backlog.records() > 0) onStored();
    });

  return {
    append: intake.append,
    problem: intake.problem,
    holds: (place) => !loaded || backlog.waiting.has(place),
    holdsAny: () => !loaded || backlog.waiting.size > 0,
    state: () => {
      const oldestMs = drain.oldestMs();
      const age = oldestMs === null ? null : Math.max(0, now() - oldestMs);
      return { records: backlog.records() + drain.aside() + store.unloaded(), bytes: store.bytes(), oldestAgeMs: age };
    },
    drained: () => loading.then(drain.drained),
    close: async () => {
      intake.refuse();
      const closed = Promise.all([loading, intake.idle(), drain.stop()])
        .then(store.close)
        .then(() => 'closed' as const);
      const late = setTimeout(CLOSE_TIMEOUT_MS, 'stuck' as const, { ref: false });
      const outcome = await Promise.race([closed, late]);
      intake.stop();
      lock.release();
      return outcome;
    },
  };
}
