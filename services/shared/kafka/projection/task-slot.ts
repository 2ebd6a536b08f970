import type { LogFields, Logger } from '../../observability/logger.ts';
import { errorFields } from '../../observability/logger.ts';
import { summaryOf } from '../../observability/summarise.ts';
import { type Opened, RefusedError, StoppedError } from '../../projection/projection.ts';
import type { Positions } from '../../projection/records.ts';
import { createTask, type Task, type TaskObserver, type TaskOptions } from '../../projection/task.ts';
import { PositionOutsideLogError } from './assert-in-log.ts';
import { type LostReason, lostReason } from './lost-reason.ts';
import type { TransactionalWriter } from './transactional-writer.ts';

/**
 * What a partition of this member is doing. `fencing`: making itself the only writer. `restoring`: reading back what was
 * committed. `running`. `waiting`: it runs, but the next records of an input have to wait, so that nothing more of them is fetched and other partitions go on.
 * `awaiting-membership`: it was fenced, and must know that the group still counts on it before it fences others. `stopped`: its position is not in the log, or
 * its state cannot be read; a person has to decide.
 */
export type SlotPhase = 'fencing' | 'restoring' | 'running' | 'waiting' | 'awaiting-membership' | 'stopped';

export type SlotStatus = Readonly<{
  partition: number;
  phase: SlotPhase;
  /** When it began to run, or since when it does not, however often it was fenced and restored since then; by `now`. */
  sinceMs: number;
  /** Of one that runs: why it was lost before it; null once it has committed again. */
  problem: string | null;
  /** What it stopped at. */
  outside?: PositionOutsideLogError;
}>;

export type SlotOptions = Readonly<{
  partition: number;
  fence: (partition: number) => Promise<TransactionalWriter>;
  /** Waits until everything committed before the fence is read back, then opens the fold. */
  restore: (partition: number) => Promise<Opened>;
  /** Resolves once the group has confirmed this member after the call, and whoever fenced it has no transaction open. */
  confirmedMember: () => Promise<void>;
  /** Fetches the partition from these positions on. */
  fetchFrom: (partition: number, positions: Positions) => void;
  pause: (partition: number) => void;
  /** No restart will help: the process must not go on. */
  refused: (error: RefusedError) => void;
  limits: TaskOptions['limits'];
  observer: TaskObserver &
    Readonly<{
      restored: (partition: number, seconds: number) => void;
      lost: (partition: number, reason: LostReason) => void;
    }>;
  logger: Logger;
  now: () => number;
}>;

/** A partition assigned to this member, from its assignment to its end. */
export type TaskSlot = Readonly<{
  /** The task while it runs, else null. */
  task: () => Task | null;
  status: () => SlotStatus;
  /** The group was joined anew and left the partition here: fetching goes on at the task's position. */
  keep: () => void;
  /** Throws the task's memory away and restores it; PositionOutsideLogError stops it. */
  restart: (reason: Error) => void;
  /** The next records of this input have to wait, for a reason that may change: `null` ends it. */
  hold: (topic: string, reason: string | null) => void;
  /** Whether they wait. */
  isHeld: (topic: string) => boolean;
  /** Commits what was folded, if it still may, and ends. Never rejects. */
  close: () => Promise<void>;
}>;

const RETRY_MS = 1_000;

/** Fence, restore, run; and again whenever a commit failed or nobody knows (rules 4 to 7). */
export function openSlot(options: SlotOptions): TaskSlot {
  const { partition, logger, now } = options;
  const closed = Promise.withResolvers<void>();
  let closing = false;
  let task: Task | null = null;
  let restart = Promise.withResolvers<Error>();
  let status: SlotStatus = { partition, phase: 'fencing', sinceMs: now(), problem: null };
  const held = new Map<string, string>();

  const enter = (phase: SlotPhase, problem: string | null = null): void => {
    const goesOn = (phase === 'running') === (status.phase === 'running');
    status = { partition, phase, sinceMs: goesOn ? status.sinceMs : now(), problem };
  };

  /** In an outage every partition meets the same trouble again and again: which ones they are, /readyz says. */
  const tell = (event: string, fields: LogFields): void =>
    summaryOf(logger).warn(event, `${fields.errorType} ${fields.reason}`, fields);

  /** Of a task that runs: what it waits for, or what was wrong before. */
  const tellHeld = (): void => {
    const [reason] = held.values();
    if (reason !== undefined) enter('waiting', reason);
    else if (status.phase === 'waiting') enter('running');
  };

  const pauseUnlessClosed = async (): Promise<void> => {
    const pause = Promise.withResolvers<void>();
    const cancel = after(RETRY_MS, pause.resolve);
    await Promise.race([pause.promise, closed.promise]).finally(cancel);
  };

  const runOnce = async (): Promise<void> => {
    const startedMs = now();
    enter('fencing', status.problem);
    const writer = await options.fence(partition);
    try {
      if (closing) return;
      enter('restoring', status.problem);
      const opened = await Promise.race([options.restore(partition), closed.promise]);
      if (opened === undefined || closing) return;
      restart = Promise.withResolvers<Error>();
      let commits = 0;
      const running = createTask({
        opened,
        commit: async (records) => {
          await writer.commit(records);
          commits += 1;
          if (status.phase === 'running') enter('running');
        },
        limits: options.limits,
        after,
        observer: options.observer,
      });
      task = running;
      enter('running', status.problem);
      const durationMs = Math.round(now() - startedMs);
      options.observer.restored(partition, durationMs / 1000);
      logger.info('task-running', { partition, durationMs });
      options.fetchFrom(partition, running.positions());
      const reason = await Promise.race([running.lost, restart.promise, closed.promise]);
      if (closing) return;
      if (reason instanceof PositionOutsideLogError) throw reason;
      await lost(reason);
      // One that was lost before it committed anything is likely to be lost again at once.
      if (commits === 0) await pauseUnlessClosed();
    } finally {
      task = null;
      held.clear();
      await writer.discard();
    }
  };

  const lost = async (reason: unknown): Promise<void> => {
    task = null;
    options.pause(partition);
    const why = lostReason(reason);
    options.observer.lost(partition, why);
    tell('task-lost', { partition, reason: why, ...errorFields(reason) });
    if (why !== 'fenced') return enter('fencing', reason instanceof Error ? reason.message : String(reason));
    enter('awaiting-membership');
    await Promise.race([options.confirmedMember(), closed.promise]);
  };

  const run = async (): Promise<void> => {
    while (!closing) {
      try {
        await runOnce();
      } catch (error) {
        if (error instanceof RefusedError) return options.refused(error);
        if (error instanceof PositionOutsideLogError || error instanceof StoppedError) {
          options.pause(partition);
          const outside = error instanceof PositionOutsideLogError ? error : null;
          const place = outside === null ? {} : { topic: outside.topic, reason: outside.reason };
          logger.error('task-stopped', { ...place, partition, ...errorFields(error) });
          enter('stopped', error.message);
          if (outside !== null) status = { ...status, outside };
          return;
        }
        tell('task-start-failed', { partition, ...errorFields(error) });
        enter(status.phase, error instanceof Error ? error.message : String(error));
        await pauseUnlessClosed();
      }
    }
  };
  const ran = run();

  return {
    task: () => task,
    status: () => status,
    keep: () => {
      if (task !== null) options.fetchFrom(partition, task.positions());
    },
    restart: (reason) => {
      if (task === null) return;
      options.pause(partition);
      restart.resolve(reason);
    },
    hold: (topic, reason) => {
      if (reason === null) held.delete(topic);
      else held.set(topic, reason);
      tellHeld();
    },
    isHeld: (topic) => held.has(topic),
    close: async () => {
      closing = true;
      const running = task;
      await running?.end();
      closed.resolve();
      await ran;
    },
  };
}

function after(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}
