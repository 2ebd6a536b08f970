import { statfs } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { type OutgoingRecord, placeOf } from '../kafka/publisher/outgoing-record.ts';
import { createDrain, type DrainOptions } from './drain.ts';
import { createGroupCommit } from './group-commit.ts';
import { encodePayload, HEADER_BYTES } from './segment-format.ts';
import { lockSpool } from './spool-lock.ts';
import { frameBytes, openSpoolStore } from './spool-store.ts';

/** What became of a record given to the spool. `full` and `failed` (the disk said no, or nothing in time): it is not there, or nobody may count on it. */
export type SpoolOutcome = 'stored' | 'full' | 'failed';

export type SpoolOptions = Pick<DrainOptions, 'publishAll' | 'mayPublish' | 'waitsElsewhere' | 'now' | 'observer'> &
  Readonly<{
    directory: string;
    /** The most bytes its folder takes. */
    maxBytes: number;
    /** Turns a record as it was stored by a process before into the one to send: its partition may be another one by now. */
    adapt: (record: OutgoingRecord) => OutgoingRecord;
  }>;

/** A durable queue on local disk in front of Kafka, for when Kafka is unavailable. */
export type Spool = Readonly<{
  /**
   * Resolves to `stored` after the disk has the record (records that arrive together share one sync), and at `deadlineMs` (by `now`) at the latest.
   * `maybeInLog`: it was sent, and Kafka did not answer. Order is the order of calls.
   */
  append: (record: OutgoingRecord, maybeInLog: boolean, deadlineMs: number) => Promise<SpoolOutcome>;
  /** Whether records of this place wait to be sent, or may, as what a process before left is still being read: then a new one has to queue behind them. */
  holds: (place: string) => boolean;
  holdsAny: () => boolean;
  /** Why another record could not be stored now; null where it could, as far as the last writes and the disk's free space tell. */
  problem: () => string | null;
  /** Records on disk, the bytes they take, and the age of the oldest in milliseconds (null: there is none). */
  state: () => Readonly<{ records: number; bytes: number; oldestAgeMs: number | null }>;
  /** Resolves once nothing is on disk; at once if so. */
  drained: () => Promise<void>;
  /**
   * Ends the draining after the batch under way, then closes the store. What waits is there at the next start. `stuck`: the disk did not let go within 2 s, and
   * the end of the process would wait for it as well.
   */
  close: () => Promise<'closed' | 'stuck'>;
}>;

/** A write that takes longer shows a disk that stands still. */
const STALLED_MS = 2_000;
const PROBE_MS = 1_000;
/** Less free space than this counts as none: a few webhooks would fill it. */
const MIN_FREE_BYTES = 128 * 1024;
/** Kept free for the headers of segments that what is on its way to the disk may need. */
const HEADERS_BYTES = 16 * HEADER_BYTES;
const SMALL_RECORD_BYTES = 4_096;
const CLOSE_WITHIN_MS = 2_000;

/**
 * Opens the spool in `directory`, at once for writing, and begins to read and then drain what a process before left there. Records reach Kafka in the order of each place; a place stops at its
 * first record that Kafka does not take. A record is removed after Kafka has it, so a crash in between sends it twice, never not at all.
 */
export function openSpool(options: SpoolOptions): Spool {
  const { directory, maxBytes, now, observer } = options;
  const lock = lockSpool(directory);
  const store = openSpoolStore({
    ...options,
    onFound: observer.found,
    onUnreadable: (error) => observer.failed('read', error),
  });
  const waiting = new Map<string, number>();
  let records = 0;
  let freeBytes = Number.POSITIVE_INFINITY;
  let closing = false;
  let spooling = false;
  let loaded = false;

  const used = (): number => store.bytes() + commit.bytes() + HEADERS_BYTES;
  const count = (place: string, change: number): void => {
    const left = (waiting.get(place) ?? 0) + change;
    if (left === 0) waiting.delete(place);
    else waiting.set(place, left);
    records += change;
    if (records > 0 || !spooling) return;
    spooling = false;
    observer.ended();
  };
  const began = (): void => {
    if (!spooling) observer.began();
    spooling = true;
    if (loaded) drain.wake();
  };
  const drain = createDrain({ ...options, store, waiting, settled: (place) => count(place, -1) });
  const commit = createGroupCommit(
    store,
    now,
    (error) => observer.failed('write', error),
    // Its sender was told that it is not stored, so nothing had to wait for it meanwhile.
    ({ place }, written) => {
      if (written === 'failed') return;
      count(place, 1);
      began();
    },
  );
  const loading = store
    .load(({ pending }) => {
      for (const [place, left] of pending) count(place, left);
    })
    .catch((error: unknown) => observer.failed('read', error))
    .then(() => {
      loaded = true;
      if (records > 0) began();
    });

  let asking = false;
  const askForFreeSpace = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    const { bavail, bsize } = await statfs(directory).catch(() => ({ bavail: Number.POSITIVE_INFINITY, bsize: 1 }));
    freeBytes = bavail * bsize;
    asking = false;
  };
  const probe = setInterval(() => {
    void commit.probe();
    void askForFreeSpace();
  }, PROBE_MS);
  probe.unref();

  return {
    append: async (record, maybeInLog, deadlineMs) => {
      const storedAtMs = now();
      const payload = encodePayload({ record, storedAtMs });
      if (closing || used() + frameBytes(payload.length) > maxBytes) return 'full';
      const place = placeOf(record);
      count(place, 1);
      const state = maybeInLog ? 'sending' : 'waiting';
      const written = await commit.write({ payload, place, storedAtMs, state }, deadlineMs);
      if (written === 'stored') began();
      else count(place, -1);
      return written === 'late' ? 'failed' : written;
    },
    holds: (place) => !loaded || waiting.has(place),
    holdsAny: () => !loaded || waiting.size > 0,
    problem: () => {
      if (commit.busyMs() > STALLED_MS) return 'The disk of the spool does not answer';
      if (commit.isFailing()) return 'The disk of the spool takes nothing';
      if (freeBytes < MIN_FREE_BYTES) return 'The disk of the spool is full';
      return used() + SMALL_RECORD_BYTES > maxBytes ? 'The spool is full' : null;
    },
    state: () => {
      const oldestMs = drain.oldestMs();
      const age = oldestMs === null ? null : Math.max(0, now() - oldestMs);
      return { records: records + drain.aside() + store.unloaded(), bytes: store.bytes(), oldestAgeMs: age };
    },
    drained: () => loading.then(drain.drained),
    close: async () => {
      closing = true;
      clearInterval(probe);
      const ended = Promise.all([loading, commit.idle(), drain.stop()])
        .then(store.close)
        .then(() => 'closed' as const);
      const late = setTimeout(CLOSE_WITHIN_MS, 'stuck' as const, { ref: false });
      const outcome = await Promise.race([ended, late]);
      commit.stop();
      lock.release();
      return outcome;
    },
  };
}
