import { type OutgoingRecord, placeOf } from '../../shared/kafka/publisher/outgoing-record.ts';
import type { Backlog } from './backlog.ts';
import { watchDisk } from './disk-watch.ts';
import { createGroupCommit } from './group-commit.ts';
import { encodePayload, frameBytes, HEADER_BYTES } from './segment-format.ts';
import type { SpoolObserver } from './spool-observer.ts';
import type { SpoolStore } from './spool-store.ts';

/** What became of a record given to the spool. `failed`: the disk rejected it, or did not finish in time; do not rely on it being stored. */
export type SpoolOutcome = 'stored' | 'full' | 'failed';

/** The way of new records to the disk. */
export type SpoolIntake = Readonly<{
  /**
   * Resolves to `stored` once the disk has the record (records that arrive together share one sync), and at `deadlineMs` (by `now`) at the latest.
   * `maybeInLog`: it was sent, and Kafka did not answer. Records are stored in the order of calls.
   */
  append: (record: OutgoingRecord, maybeInLog: boolean, deadlineMs: number) => Promise<SpoolOutcome>;
  /** Why another record could not be stored now; null if it could, judging by the last writes and the free space. */
  problem: () => string | null;
  /** Every further record is answered `full`. */
  refuse: () => void;
  /** Resolves once nothing is being written. */
  idle: () => Promise<void>;
  /** Deadlines of pending writes are no longer enforced. */
  stop: () => void;
}>;

export type SpoolIntakeOptions = Readonly<{
  directory: string;
  maxBytes: number;
  store: SpoolStore;
  backlog: Pick<Backlog, 'add' | 'remove'>;
  /** A record is on disk and in the backlog. */
  onStored: () => void;
  now: () => number;
  observer: Pick<SpoolObserver, 'failed'>;
}>;

/** Reserved for the headers of segments that records on their way to the disk may need. */
const RESERVED_BYTES = 16 * HEADER_BYTES;
/** If a record of this size does not fit, the spool counts as full. */
const SMALL_RECORD_BYTES = 4_096;

export function createSpoolIntake(options: SpoolIntakeOptions): SpoolIntake {
  const { directory, maxBytes, store, backlog, onStored, now, observer } = options;
  let refusing = false;
  const commit = createGroupCommit(
    store,
    now,
    (error) => observer.failed('write', error),
    // Its sender was told that it is not stored, so no newer record had to wait for it.
    ({ place }, outcome) => {
      if (outcome === 'failed') return;
      backlog.add(place, 1);
      onStored();
    },
  );
  const disk = watchDisk(directory, commit);
  const isFull = (bytes: number): boolean => store.bytes() + commit.bytes() + RESERVED_BYTES + bytes > maxBytes;

  return {
    append: async (record, maybeInLog, deadlineMs) => {
      const storedAtMs = now();
      const payload = encodePayload({ record, storedAtMs });
      if (refusing || isFull(frameBytes(payload.length))) return 'full';
      const place = placeOf(record);
      backlog.add(place, 1);
      const state = maybeInLog ? 'sending' : 'waiting';
      const outcome = await commit.write({ payload, place, storedAtMs, state }, deadlineMs);
      if (outcome === 'stored') onStored();
      else backlog.remove(place);
      return outcome === 'late' ? 'failed' : outcome;
    },
    problem: () => disk.problem() ?? (isFull(SMALL_RECORD_BYTES) ? 'The spool is full' : null),
    refuse: () => {
      refusing = true;
      disk.stop();
    },
    idle: commit.idle,
    stop: commit.stop,
  };
}
