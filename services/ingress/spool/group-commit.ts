import { createDiskAttempts, type DiskAttempts } from './disk-attempts.ts';
import type { NewRecord } from './segment.ts';
import { frameBytes } from './segment-format.ts';
import type { SpooledRecord, SpoolStore } from './spool-store.ts';
import { createWriteQueue, type PendingWrite, type WriteOutcome } from './write-queue.ts';

export type GroupCommit = Pick<DiskAttempts, 'busyMs' | 'isFailing'> &
  Readonly<{
    /** Writes a record together with those that arrive at the same time: one sync for all. Resolves at `deadlineMs` (by `now`) at the latest. */
    write: (record: NewRecord, deadlineMs: number) => Promise<WriteOutcome>;
    /** Bytes waiting for the disk or being written. */
    bytes: () => number;
    /** Tries the disk again after a failure, unless a write is doing so. */
    probe: () => Promise<void>;
    /** Resolves once nothing is being written. */
    idle: () => Promise<void>;
    stop: () => void;
  }>;

const MAX_BYTES_IN_MEMORY = 32 * 1024 * 1024;
const SWEEP_MS = 100;

/** `onLate` receives the outcome of a write that was answered `late`. */
export function createGroupCommit(
  store: Pick<SpoolStore, 'append' | 'probe'>,
  now: () => number,
  onFailed: (error: unknown) => void,
  onLate: (record: NewRecord, outcome: 'stored' | 'failed') => void,
): GroupCommit {
  const queue = createWriteQueue();
  const attempts = createDiskAttempts(now, onFailed);
  let group: readonly PendingWrite[] = [];
  let bytes = 0;
  let running: Promise<void> | null = null;

  const settle = (write: PendingWrite, outcome: 'stored' | 'failed'): void => {
    bytes -= frameBytes(write.record.payload.length);
    if (write.answered) onLate(write.record, outcome);
    else write.answer(outcome);
  };
  const sweep = setInterval(() => {
    const nowMs = now();
    for (const write of group) {
      if (nowMs < write.deadlineMs || write.answered) continue;
      write.answered = true;
      write.answer('late');
    }
    for (const write of queue.takeExpired(nowMs)) settle(write, 'failed');
  }, SWEEP_MS);
  sweep.unref();

  const writeGroup = async (): Promise<void> => {
    group = queue.takeGroup();
    let stored: readonly SpooledRecord[] = [];
    await attempts.run(async () => {
      stored = await store.append(group.map(({ record }) => record));
    });
    const written = group;
    group = [];
    for (const write of written) settle(write, stored.length > 0 ? 'stored' : 'failed');
  };
  const run = async (first: () => Promise<void>): Promise<void> => {
    await first();
    while (!queue.isEmpty()) await writeGroup();
    running = null;
  };

  return {
    write: (record, deadlineMs) => {
      const size = frameBytes(record.payload.length);
      if (bytes > 0 && bytes + size > MAX_BYTES_IN_MEMORY) return Promise.resolve('full');
      bytes += size;
      return new Promise((answer) => {
        queue.add({ record, deadlineMs, answer, answered: false });
        running ??= run(writeGroup);
      });
    },
    bytes: () => bytes,
    busyMs: attempts.busyMs,
    isFailing: attempts.isFailing,
    probe: async () => {
      if (attempts.isFailing() && running === null) running = run(() => attempts.run(store.probe));
      await running;
    },
    idle: async () => {
      await running;
    },
    stop: () => clearInterval(sweep),
  };
}
