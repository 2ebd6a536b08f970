import type { Backlog } from './backlog.ts';

/** Calls back after this many milliseconds; returns a function that cancels the call. */
export type After = (ms: number, call: () => void) => () => void;

/** Commits a backlog in one transaction after another, never two at once. Records can be folded during a commit. */
export type CommitChain = Readonly<{
  /** Commits at once if the backlog is full, otherwise within the interval. */
  schedule: () => void;
  /** Starts a commit, or joins the one in progress. Resolves when it has ended; never rejects. */
  commitNow: () => Promise<void>;
  isCommitting: () => boolean;
  /** Starts no further commit; one in progress continues. */
  stop: () => void;
  isStopped: () => boolean;
}>;

type Options = Readonly<{
  backlog: Backlog;
  /** Commits the backlog in one transaction. Must not reject. */
  commit: () => Promise<void>;
  intervalMs: number;
  after: After;
}>;

export function createCommitChain({ backlog, commit, intervalMs, after }: Options): CommitChain {
  let committing: Promise<void> | null = null;
  let cancelTimer: (() => void) | null = null;
  let stopped = false;

  const clearTimer = (): void => {
    cancelTimer?.();
    cancelTimer = null;
  };
  const commitNow = (): Promise<void> => {
    clearTimer();
    committing ??= commit().finally(() => {
      committing = null;
      if (!backlog.isEmpty() && !stopped) schedule();
    });
    return committing;
  };
  const schedule = (): void => {
    if (backlog.isFull()) void commitNow();
    else cancelTimer ??= after(intervalMs, () => void commitNow());
  };

  return {
    schedule,
    commitNow,
    isCommitting: () => committing !== null,
    stop: () => {
      stopped = true;
      clearTimer();
    },
    isStopped: () => stopped,
  };
}
