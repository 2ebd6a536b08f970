import type { NewRecord } from './segment.ts';
import { frameBytes, type SpooledRecord, type SpoolStore } from './spool-store.ts';

/** What became of a write. `full`: too much waits to be written; `failed`: the disk said no; `late`: it said nothing before the deadline, and `onLate` tells how it ends. */
export type Written = 'stored' | 'full' | 'failed' | 'late';

type Waiting = { record: NewRecord; deadlineMs: number; answer: (written: Written) => void; answered: boolean };

export type GroupCommit = Readonly<{
  /**
   * Writes a record together with those that arrive meanwhile: one sync for all. Answers at `deadlineMs` (by `now`) at the latest.
   */
  write: (record: NewRecord, deadlineMs: number) => Promise<Written>;
  /** Bytes that are on their way to the disk. */
  bytes: () => number;
  /** How long the write under way has taken so far, in milliseconds; 0 where there is none. */
  busyMs: () => number;
  /** Whether the last write, or the last try since, failed. */
  isFailing: () => boolean;
  /** Tries the disk again after a failure, if nothing else does. */
  probe: () => Promise<void>;
  /** Resolves once nothing is being written. */
  idle: () => Promise<void>;
  stop: () => void;
}>;

/** Records that arrive together, and bytes that wait in memory for the disk. */
const MAX_RECORDS = 500;
const MAX_GROUP_BYTES = 4 * 1024 * 1024;
const MAX_WAITING_BYTES = 32 * 1024 * 1024;
const SWEEP_MS = 100;

export function createGroupCommit(
  store: Pick<SpoolStore, 'append' | 'probe'>,
  now: () => number,
  onFailed: (error: unknown) => void,
  onLate: (record: NewRecord, written: 'stored' | 'failed') => void,
): GroupCommit {
  let waiting: Waiting[] = [];
  let group: readonly Waiting[] = [];
  let bytes = 0;
  let startedMs: number | null = null;
  let failing = false;
  let running: Promise<void> | null = null;

  const end = (one: Waiting, written: 'stored' | 'failed'): void => {
    bytes -= frameBytes(one.record.payload.length);
    if (one.answered) onLate(one.record, written);
    else one.answer(written);
  };
  const sweep = setInterval(() => {
    const nowMs = now();
    for (const one of group) {
      if (nowMs < one.deadlineMs || one.answered) continue;
      one.answered = true;
      one.answer('late');
    }
    const late = waiting.filter((one) => nowMs >= one.deadlineMs);
    if (late.length === 0) return;
    waiting = waiting.filter((one) => nowMs < one.deadlineMs);
    for (const one of late) end(one, 'failed');
  }, SWEEP_MS);
  sweep.unref();

  const takeGroup = (): readonly Waiting[] => {
    let groupBytes = 0;
    let count = 0;
    for (const { record } of waiting) {
      groupBytes += record.payload.length;
      if (count === MAX_RECORDS || (count > 0 && groupBytes > MAX_GROUP_BYTES)) break;
      count += 1;
    }
    return waiting.splice(0, count);
  };
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    startedMs = now();
    try {
      await work();
      failing = false;
    } catch (error) {
      failing = true;
      onFailed(error);
    } finally {
      startedMs = null;
    }
  };
  const writeGroup = async (): Promise<void> => {
    group = takeGroup();
    let stored: readonly SpooledRecord[] = [];
    await attempt(async () => {
      stored = await store.append(group.map(({ record }) => record));
    });
    const ended = group;
    group = [];
    for (const one of ended) end(one, stored.length > 0 ? 'stored' : 'failed');
  };
  const run = async (first: () => Promise<void>): Promise<void> => {
    await first();
    while (waiting.length > 0) await writeGroup();
    running = null;
  };

  return {
    write: (record, deadlineMs) => {
      const size = frameBytes(record.payload.length);
      if (bytes > 0 && bytes + size > MAX_WAITING_BYTES) return Promise.resolve('full');
      bytes += size;
      return new Promise((answered) => {
        waiting.push({ record, deadlineMs, answer: answered, answered: false });
        running ??= run(writeGroup);
      });
    },
    bytes: () => bytes,
    busyMs: () => (startedMs === null ? 0 : now() - startedMs),
    isFailing: () => failing,
    probe: async () => {
      if (failing && running === null) running = run(() => attempt(store.probe));
      await running;
    },
    idle: async () => {
      await running;
    },
    stop: () => clearInterval(sweep),
  };
}
