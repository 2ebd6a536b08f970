import { errorFields, type LogFields } from '../../observability/logger.ts';
import { summaryOf } from '../../observability/summarise.ts';
import { RefusedError, StoppedError } from '../../projection/projection.ts';
import { PositionOutsideLogError } from '../log-identity/assert-in-log.ts';
import { createSlotClosing } from './slot-closing.ts';
import { createSlotState } from './slot-state.ts';
import { createTaskRuns, RETRY_MS } from './task-runs.ts';
import type { SlotOptions, TaskSlot } from './task-slot.ts';

/**
 * Fences, restores and runs the task of a partition, again and again after each commit that failed or whose outcome is unknown
 * (shared/kafka/README.md, rules 4 to 7).
 */
export function openSlot(options: SlotOptions): TaskSlot {
  const { partition, logger, now } = options;
  const state = createSlotState(partition, now);
  const closing = createSlotClosing();
  /** In an outage every partition has the same problem again and again: the log summarises, and /readyz lists the partitions. */
  const report = (event: string, fields: LogFields): void =>
    summaryOf(logger).warn(event, `${fields.errorType} ${fields.reason}`, fields);
  const runs = createTaskRuns(options, state, closing, report);

  const stop = (error: PositionOutsideLogError | StoppedError): void => {
    options.pause(partition);
    const outside = error instanceof PositionOutsideLogError ? error : null;
    const place = outside === null ? {} : { topic: outside.topic, reason: outside.reason };
    logger.error('task-stopped', { ...place, partition, ...errorFields(error) });
    state.stop(error.message, outside);
  };
  const run = async (): Promise<void> => {
    while (!closing.hasBegun()) {
      try {
        await runs.runOnce();
      } catch (error) {
        if (error instanceof RefusedError) return options.refused(error);
        if (error instanceof PositionOutsideLogError || error instanceof StoppedError) return stop(error);
        report('task-start-failed', { partition, ...errorFields(error) });
        state.enter(state.status().phase, error instanceof Error ? error.message : String(error));
        await closing.pause(RETRY_MS);
      }
    }
  };
  const ran = run();

  return {
    task: runs.task,
    status: state.status,
    keep: () => {
      const task = runs.task();
      if (task !== null) options.fetchFrom(partition, task.positions());
    },
    restart: (reason) => {
      if (runs.task() === null) return;
      options.pause(partition);
      runs.restart(reason);
    },
    hold: state.hold,
    isHeld: state.isHeld,
    close: async () => {
      closing.begin();
      await runs.task()?.end();
      closing.finish();
      await ran;
    },
  };
}
