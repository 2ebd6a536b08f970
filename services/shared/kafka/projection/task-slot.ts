import type { Logger } from '../../observability/logger.ts';
import type { Opened, RefusedError } from '../../projection/projection.ts';
import type { Positions } from '../../projection/records.ts';
import type { Task, TaskObserver, TaskOptions } from '../../projection/task.ts';
import type { PositionOutsideLogError } from '../log-identity/assert-in-log.ts';
import type { TransactionalWriter } from '../transactions/transactional-writer.ts';
import type { LostReason } from './lost-reason.ts';

/**
 * What a partition of this member is doing.
 * - `fencing`: it makes itself the only writer.
 * - `restoring`: it reads back what was committed.
 * - `running`.
 * - `waiting`: it runs, but the next records of an input have to wait, so nothing more of them is fetched.
 * - `awaiting-membership`: it was fenced, and fences nobody until the group has confirmed this member.
 * - `stopped`: its position is not in the log, or its state cannot be read. A person has to decide.
 */
export type SlotPhase = 'fencing' | 'restoring' | 'running' | 'waiting' | 'awaiting-membership' | 'stopped';

export type SlotStatus = Readonly<{
  partition: number;
  phase: SlotPhase;
  /** When it started or stopped running, on the clock of `now`; fencing and restoring again does not change it. */
  sinceMs: number;
  /** Why it does not run or, while it runs, why it was lost before; null once it has committed again. */
  problem: string | null;
  /** Set if it stopped because of its position. */
  outside?: PositionOutsideLogError;
}>;

export type SlotOptions = Readonly<{
  partition: number;
  fence: (partition: number) => Promise<TransactionalWriter>;
  /** Waits until everything committed before the fence is read back, then opens the fold. */
  restore: (partition: number) => Promise<Opened>;
  /** Resolves once the group has confirmed this member after the call, and whoever fenced it has no open transaction. */
  confirmedMember: () => Promise<void>;
  /** Makes kafkajs fetch the partition from these positions. */
  fetchFrom: (partition: number, positions: Positions) => void;
  pause: (partition: number) => void;
  /** No restart will help: the process must end. */
  refused: (error: RefusedError) => void;
  limits: TaskOptions['limits'];
  observer: TaskObserver &
    Readonly<{
      restored: (partition: number, seconds: number) => void;
      lost: (partition: number, reason: LostReason) => void;
    }>;
  logger: Logger;
  /** A clock in milliseconds. */
  now: () => number;
}>;

/** A partition assigned to this member, from its assignment to its revocation. */
export type TaskSlot = Readonly<{
  /** The task while it runs, else null. */
  task: () => Task | null;
  status: () => SlotStatus;
  /** The member rejoined its group and kept the partition: fetching continues at the task's position. */
  keep: () => void;
  /** Discards the task's memory and restores it; PositionOutsideLogError stops it instead. */
  restart: (reason: Error) => void;
  /** The next records of this input have to wait; the reason may change, and null ends the wait. */
  hold: (topic: string, reason: string | null) => void;
  isHeld: (topic: string) => boolean;
  /** Commits what was folded, if it still may, and ends. Never rejects. */
  close: () => Promise<void>;
}>;
