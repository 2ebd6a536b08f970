import type { Running } from '../../lifecycle/host.ts';
import type { Positions } from '../../projection/records.ts';
import { LogChangedError } from '../log-identity/log-changed.ts';
import { type EndsOfTopics, highsOf } from '../topics/log-ends.ts';
import type { TaskLogs } from './task-logs.ts';
import type { SlotStatus, TaskSlot } from './task-slot.ts';

export type RunningProjection = Running &
  Readonly<{
    /** One for each partition this member has; empty for a standby. */
    status: () => readonly SlotStatus[];
    /** Whether the group was joined. */
    joined: () => boolean;
    /** By partition, the positions up to which the running tasks have committed what they folded. */
    committedPositions: () => ReadonlyMap<number, Positions>;
    /** Fetches the ends of the inputs and of the projection's own topics. */
    ends: () => Promise<EndsOfTopics>;
    /** Restores the tasks whose input was recreated, before a commit notices. */
    lookAtTopics: () => Promise<void>;
    /** Passes the ends of the inputs to the tasks, so that they know that nothing older will arrive. */
    observeEnds: (ends: EndsOfTopics) => void;
  }>;

/** The part of a running projection that asks its slots. */
export const viewOf = (
  slots: ReadonlyMap<number, TaskSlot>,
  inputs: readonly string[],
  logs: Pick<TaskLogs, 'assertSame'>,
): Pick<RunningProjection, 'status' | 'committedPositions' | 'lookAtTopics' | 'observeEnds'> => ({
  observeEnds: (ends) => {
    for (const [partition, slot] of slots) slot.task()?.observeEnds(highsOf(ends, inputs, partition));
  },
  status: () => [...slots.values()].map((slot) => slot.status()),
  committedPositions: () =>
    new Map(
      [...slots].flatMap(([partition, slot]) => {
        const task = slot.task();
        return task === null ? [] : [[partition, task.committedPositions()] as const];
      }),
    ),
  lookAtTopics: async () => {
    const running = [...slots].filter(([, slot]) => slot.task() !== null);
    const checks = running.map(([partition, slot]) =>
      logs.assertSame(partition).catch((error: unknown) => {
        if (!(error instanceof LogChangedError)) throw error;
        slot.restart(error);
      }),
    );
    await Promise.all(checks);
  },
});
