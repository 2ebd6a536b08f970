import { errorFields, type LogFields } from '../../observability/logger.ts';
import type { TargetRecord } from '../../projection/records.ts';
import { createTask, type Task } from '../../projection/task.ts';
import { PositionOutsideLogError } from '../log-identity/assert-in-log.ts';
import type { TransactionalWriter } from '../transactions/transactional-writer.ts';
import { lostReason } from './lost-reason.ts';
import type { SlotClosing } from './slot-closing.ts';
import type { SlotState } from './slot-state.ts';
import type { SlotOptions } from './task-slot.ts';

/** The runs of a slot's task, one after another. */
export type TaskRuns = Readonly<{
  /** The task while it runs, else null. */
  task: () => Task | null;
  /** Ends the current run for this reason. */
  restart: (reason: Error) => void;
  /**
   * Fences, restores and runs the task until it is lost or the slot closes. Throws whatever keeps it from starting, and PositionOutsideLogError
   * if that ended the run.
   */
  runOnce: () => Promise<void>;
}>;

export const RETRY_MS = 1_000;

/** `report` logs a warning about this partition. */
export function createTaskRuns(
  options: SlotOptions,
  state: SlotState,
  closing: SlotClosing,
  report: (event: string, fields: LogFields) => void,
): TaskRuns {
  const { partition, logger, now } = options;
  let task: Task | null = null;
  let restart = Promise.withResolvers<Error>();

  const onLost = async (reason: unknown): Promise<void> => {
    task = null;
    options.pause(partition);
    const why = lostReason(reason);
    options.observer.lost(partition, why);
    report('task-lost', { partition, reason: why, ...errorFields(reason) });
    if (why !== 'fenced') return state.enter('fencing', reason instanceof Error ? reason.message : String(reason));
    state.enter('awaiting-membership');
    await Promise.race([options.confirmedMember(), closing.done]);
  };

  const runFenced = async (writer: TransactionalWriter, startedMs: number): Promise<void> => {
    try {
      if (closing.hasBegun()) return;
      state.enter('restoring', state.status().problem);
      const opened = await Promise.race([options.restore(partition), closing.done]);
      if (opened === undefined || closing.hasBegun()) return;
      restart = Promise.withResolvers<Error>();
      let commits = 0;
      const commit = async (records: readonly TargetRecord[]): Promise<void> => {
        await writer.commit(records);
        commits += 1;
        if (state.status().phase === 'running') state.enter('running');
      };
      const { limits, observer } = options;
      const running = createTask({ opened, commit, limits, after, observer });
      task = running;
      state.enter('running', state.status().problem);
      const durationMs = Math.round(now() - startedMs);
      observer.restored(partition, durationMs / 1000);
      logger.info('task-running', { partition, durationMs });
      options.fetchFrom(partition, running.positions());
      const reason = await Promise.race([running.lost, restart.promise, closing.done]);
      if (closing.hasBegun()) return;
      if (reason instanceof PositionOutsideLogError) throw reason;
      await onLost(reason);
      // A task that was lost before its first commit would probably be lost again at once.
      if (commits === 0) await closing.pause(RETRY_MS);
    } finally {
      task = null;
      state.releaseAll();
      await writer.discard();
    }
  };

  return {
    task: () => task,
    restart: (reason) => restart.resolve(reason),
    runOnce: async () => {
      const startedMs = now();
      state.enter('fencing', state.status().problem);
      await runFenced(await options.fence(partition), startedMs);
    },
  };
}

function after(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}
